"""Sentences for settings that are refused."""

import re

from pydantic import ValidationError

from noonbit.config.ranges import shown
from noonbit.errors import UsageError, UsageTypeError, did_you_mean


def validation_reasons(error: ValidationError) -> list[str]:
    """Describe each wrong value: `epochs should be greater than or equal to 1 (got 0)`."""
    reasons = []
    for detail in error.errors():
        name = ".".join(map(str, detail["loc"]))
        reason = detail["msg"].removeprefix("Input ").removeprefix("Value error, ")
        near = ""
        if detail["type"] == "int_parsing_size":
            reason = "is longer than any number that fits"
        if detail["type"] == "literal_error":
            choices = re.findall(r"'([^']*)'", detail["ctx"]["expected"])
            near = did_you_mean(str(detail["input"]), choices).rstrip("?")
            near = near and f";{near[0]}{near[1].lower()}{near[2:]}?"
        reasons.append(f"{name} {reason} (got {shown(detail['input'])}{near})")
    return reasons


def settings_error(origin: str, error: ValidationError, *, advice: str = "") -> UsageError:
    """Return the error for a user: where the settings came from, and what is wrong with each.

    It is a `UsageTypeError` if all wrong values are of a wrong type, as text for a number.
    """
    all_are_types = all(detail["type"].endswith(("_type", "_parsing")) for detail in error.errors())
    kind = UsageTypeError if all_are_types else UsageError
    return kind(f"{origin}: {'; '.join(validation_reasons(error))}.{advice}")
