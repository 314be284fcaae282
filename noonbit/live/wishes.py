"""What a watcher can ask of a training.

    {"kind": "pause"}   {"kind": "go"}   {"kind": "step"}   {"kind": "stop"}
    {"kind": "set", "setting": "learning_rate", "value": 0.01}
    {"kind": "show", "layers": ["features.1"], "item": 17}

Files that others write are checked like any input: what is no wish is refused in one sentence.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from noonbit.errors import UsageError

MOST_BYTES = 2**16
MOST_LAYERS = 1000


class Strict(BaseModel):
    """A wish has its fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Command(Strict):
    """Stop between two steps, go on, take one step and stop again, or save and end."""

    kind: Literal["pause", "go", "step", "stop"]


class SetSetting(Strict):
    """Give a setting another value; see `training.steering`."""

    kind: Literal["set"]
    setting: str
    value: float


class Show(Strict):
    """Which layers to show whole, and which item; without one, the items take turns."""

    kind: Literal["show"]
    layers: Annotated[tuple[str, ...], Field(max_length=MOST_LAYERS)] = ()
    item: Annotated[int, Field(ge=0)] | None = None


Wish: TypeAlias = Annotated[Command | SetSetting | Show, Field(discriminator="kind")]
ADAPTER: TypeAdapter[Command | SetSetting | Show] = TypeAdapter(Wish)


def read_json(path: Path) -> Any:
    """Return what somebody wrote as a wish; raises `UsageError` if it is not even JSON."""
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise UsageError(f"A wish has at most {MOST_BYTES:,} bytes.")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise UsageError('A wish is a JSON object such as {"kind": "pause"}.') from None


def parse_wish(written: object) -> Command | SetSetting | Show:
    """Return a wish as it is meant; raises `UsageError` for what is none."""
    try:
        return ADAPTER.validate_python(written)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "a wish"
        raise UsageError(f"The wish is not understood: {where}: {first['msg']}.") from None
