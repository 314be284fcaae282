"""Ranges of numbers, and sentences that say all of a range where a number is outside of it.

    epochs: Annotated[int, within(1, 1_000_000)]      a setting
    Parameter(validator=Range(0, 1))                  a flag

Infinity and what is no number lie in no range.
"""

import math
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidatorFunctionWrapHandler, WrapValidator

Number = TypeVar("Number", int, float)

MOST_CLASSES = 100_000
"""Of data, and of a network that a command describes or checks. ImageNet-21k has 21,841; many more
are no classes but numbers of items."""
PIXEL_LIMIT = 64_000_000
"""Maximum pixels of an image that is decoded: 192 MB in memory as RGB."""
LONGEST_SHOWN = 200
"""Characters of a wrong value that an error repeats."""


@dataclass(frozen=True, slots=True)
class Range:
    """The finite numbers from `least` to `most`, both included unless it is said otherwise."""

    least: float
    most: float
    above_least: bool = False
    below_most: bool = False

    def __str__(self) -> str:
        least, most = f"{self.least:,.15g}", f"{self.most:,.15g}"
        if self.above_least:
            return f"above {least} and at most {most}"
        return f"from {least} to {'below ' if self.below_most else ''}{most}"

    def __contains__(self, value: float) -> bool:
        if not self.least <= value <= self.most:
            return False
        return not (self.above_least and value == self.least) and not (
            self.below_most and value == self.most
        )

    def require(self, value: Number) -> Number:
        """Return the value; raises `ValueError` with the range for one that is outside."""
        if value in self:
            return value
        raise ValueError(f"should be {self}")

    def validate_setting(self, value: object, convert: ValidatorFunctionWrapHandler) -> Any:
        """Convert a setting as pydantic does; of a number that it could not hold, say the range."""
        if isinstance(value, int | float | str):
            try:
                number = float(value)
            except OverflowError:  # an integer beyond all floats
                number = math.inf
            except ValueError:  # no number; pydantic says so
                return convert(value)
            self.require(number)
        return self.require(convert(value))

    def __call__(self, type_: object, value: float | None) -> None:
        """Refuse a value of a flag of the command line, which may be left out."""
        if value is not None and value not in self:
            raise ValueError(f"It should be {self}.")


def within(
    least: float, most: float, *, above_least: bool = False, below_most: bool = False
) -> WrapValidator:
    """Accept a setting only in a range."""
    return WrapValidator(Range(least, most, above_least, below_most).validate_setting)


def shown(value: object) -> str:
    """Return a wrong value as an error repeats it: as Python writes it, cut if it is long."""
    try:
        return shown_text(repr(value))
    except ValueError:  # Python writes no integer of more than 4,300 digits
        return "a number of thousands of digits"


def shown_text(text: str) -> str:
    """Return a text as an error repeats it: cut if it is long."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]} ..."
