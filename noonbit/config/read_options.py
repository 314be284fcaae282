"""How to read a source where its files leave something open."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from noonbit.terminal import shell_value


class ReadOptions(BaseModel):
    """What a user says about the files of a source; the rest is derived from the files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # In place of attribute docstrings, for which pydantic parses this file at every start.
    label_column: Annotated[
        str | None,
        Field(
            description="The column of a table that holds the label: its name, or its number from "
            "1."
        ),
    ] = None
    path_column: Annotated[
        str | None,
        Field(
            description="The column of a table that holds the paths of pictures: its name, or its "
            "number from 1."
        ),
    ] = None
    label_from_name: Annotated[
        str | None,
        Field(
            description="Take the label from each file's name: `word` is what stands before the "
            "first digit (cat.0.jpg, cat_12.png), else a regular expression whose first group is "
            "the label."
        ),
    ] = None

    def given(self) -> set[str]:
        """Return the names of the read options that were given."""
        return {name for name in ReadOptions.model_fields if getattr(self, name) is not None}

    def flags(self) -> str:
        """Return the given options as they are written on a command line, after a space; or ""."""
        words = [(flag_of(name), getattr(self, name)) for name in ReadOptions.model_fields]
        return "".join(
            f" {flag}{'=' if value.startswith('-') else ' '}{shell_value(value)}"
            for flag, value in words
            if value is not None
        )


def flag_of(name: str) -> str:
    """Return the flag of a setting: `--label-column`."""
    return f"--{name.replace('_', '-')}"
