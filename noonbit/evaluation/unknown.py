"""Let a network answer `unknown` to what is none of its classes.

The rule is that of out_of_distribution.py: what flags an input where nothing was asked for decides
the answer here. Its threshold is fitted on the validation split alone; where a head on published
features needs none, on what its cross-validation answered (jobs/pretrained.py).
"""

from torch import nn

from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.system.runtime import Runtime


def with_unknown(
    contract: Contract, model: nn.Module, validation: TensorDataset, runtime: Runtime
) -> Contract:
    """Return the calibrated contract with the threshold below which the answer is `unknown`.

    Unchanged where no threshold means anything; see `OutOfDistributionRule.fit`.
    """
    if not len(validation):
        return contract
    probabilities = predict_probabilities(model, contract, validation.values, runtime)
    rule = OutOfDistributionRule.fit(contract.preprocessor, probabilities)
    threshold = None if rule is None else rule.threshold
    return contract.model_copy(update={"unknown_below": threshold})
