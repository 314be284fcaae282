"""Fit the rule by which an exported network flags inputs unlike those of its training."""

from noonbit.data.loader import values_at
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.inference import Probabilities
from noonbit.evaluation.out_of_distribution import OutOfDistributionRule
from noonbit.evaluation.torch_inference import predict_probabilities
from noonbit.export.sampling import MOST_ITEMS, take_evenly
from noonbit.runs.run import Run


def fit_rule(run: Run, items: PreparedDataset | None) -> OutOfDistributionRule | None:
    """Fit the rule to the run's validation items, and measure it on its test items.

    A head on published features, which needs none, brings the rule of its own cross-validation.

    None without the data, and where the rule means nothing; see `OutOfDistributionRule.fit`. In a
    cross-validation every item trained some of the networks, so there is no rule.
    """
    if items is None or run.folds is not None:
        return None
    if not run.contract.preprocessor.doubt_tells_foreign:
        return None
    rule = rule_of_head(run)
    if rule is None:
        rule = OutOfDistributionRule.fit(
            run.contract.preprocessor, probabilities_of(run, items, "validation")
        )
    return None if rule is None else rule.measured(probabilities_of(run, items, "test"))


def rule_of_head(run: Run) -> OutOfDistributionRule | None:
    """Return what the cross-validation of a head on published features has found; often None.

    run.json has it only where that head alone answers; see `jobs.pretrained.is_head_alone`.
    """
    found = run.metadata.get("pretrained", {}).get("out_of_distribution_rule")
    return None if found is None else OutOfDistributionRule.model_validate(found)


def probabilities_of(run: Run, items: PreparedDataset, part: str) -> Probabilities:
    """Return the probabilities (N, classes) of at most `MOST_ITEMS` of a part."""
    rows = take_evenly(items.indices(part), MOST_ITEMS)
    values = values_at(items.values, rows, run.runtime.device)
    return predict_probabilities(run.model_on(run.runtime), run.contract, values, run.runtime)
