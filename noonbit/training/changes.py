"""Settings that somebody changed while a training ran."""

from typing import Annotated, Literal, NamedTuple, TypeAlias, get_args

from pydantic import Field

SteeredSetting: TypeAlias = Literal["learning_rate", "momentum", "weight_decay", "batch_size"]
STEERED_SETTINGS: tuple[SteeredSetting, ...] = get_args(SteeredSetting)
"""The settings that can be changed between two steps."""


class Change(NamedTuple):
    """A setting that gets another value before a step."""

    step: Annotated[int, Field(ge=0)]
    """The number of steps, over all epochs, that were taken before it."""
    epoch: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """The epochs that were over by then: 1.5 is the middle of the second one."""
    setting: SteeredSetting
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]

    @property
    def plain_value(self) -> float:
        """The value as a person writes it: a batch size as a whole number."""
        return int(self.value) if self.setting == "batch_size" else self.value
