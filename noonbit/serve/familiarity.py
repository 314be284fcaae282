"""Say which inputs do not look like those of the training, by the rule that the file carries."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from noonbit.evaluation.out_of_distribution import UNLIKE_ADJUSTMENTS, OutOfDistributionRule
from noonbit.serve.preparation import Prepared


def flag_unfamiliar(
    rule: OutOfDistributionRule | None,
    prepared: Sequence[Prepared],
    probabilities: NDArray[np.float32],
) -> list[bool | None]:
    """Whether each of some inputs, with probabilities (N, classes), is unlike the training inputs.

    None without a rule, unless its preparation has found it unlike them already.
    """
    by_rule = [None] * len(prepared) if rule is None else rule.flags(probabilities).tolist()
    return [
        flagged if UNLIKE_ADJUSTMENTS.isdisjoint(one.adjusted) else True
        for one, flagged in zip(prepared, by_rule, strict=True)
    ]
