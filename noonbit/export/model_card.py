"""What an exported file says of itself: the contract of its input, and where it comes from."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule

FORMAT = 1
"""The version of what is stored; incremented when older versions can no longer read it."""
METADATA_KEY = "noonbit"
"""The key of an ONNX file's metadata under which `ExportMetadata` stands as JSON."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=2**53)]


class ModelCard(BaseModel):
    """Where a network comes from and how well it did."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    run: str
    """The name of the run folder."""
    network: str
    source: str
    """The data that trained it, as the user named them, without the folder where they lay."""
    parameters: Count
    accuracy: Share | None
    """On the test items, as the run measured it; None without any."""
    accuracy_low: Share | None
    accuracy_high: Share | None
    """The 95 % interval of `accuracy`."""
    test_items: Count
    weights_sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """Of the run's file of weights."""
    noonbit: str
    """The version that exported."""
    unfamiliar: OutOfDistributionRule | None = None
    """By which inputs are flagged that do not look like those of the training; None: by none."""
    quantised: Literal["int8"] | None = None


class ExportMetadata(BaseModel):
    """The contract and the card, with the version of their form."""

    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", allow_inf_nan=False)

    format: int
    contract: Contract
    card: ModelCard

    @model_validator(mode="after")
    def check_format(self) -> Self:
        """No later form is read."""
        if not 1 <= self.format <= FORMAT:
            raise ValueError(f"has the format {self.format}, and this version reads up to {FORMAT}")
        return self
