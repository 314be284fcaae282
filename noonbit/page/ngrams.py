"""Where a sentence network's n-grams are in its graph, for explain.js.

A logit of Kim's network is exactly a bias and what the n-grams add that were some filter's maximum
(noonbit/explain/ngrams.py). The page computes that from the graph's own results, so it only
has to know which they are.
"""

from typing import TypedDict

from torch import nn

from noonbit.explain.ngrams import is_explainable
from noonbit.models.sentence import FILTERS, WIDTHS, SentenceNetwork
from noonbit.page.spec import Operator, PageGraph


class NGramLayers(TypedDict):
    """Names of results and weights, and how windows lie over the words."""

    before: int
    """Padding before the first word: window 0 begins so many words before it."""
    filters: int
    """Of each width."""
    widths: list[int]
    """Words of a window."""
    responses: list[str]
    """By width, the filters' outputs before the maximum: (1, windows, filters)."""
    features: str
    """What the last layer takes: (1, widths * filters)."""
    weight: str
    """Of the last layer, (classes, widths * filters); its output is the logits."""
    bias: str
    """(classes,)."""


def find_ngram_layers(model: nn.Module, graph: PageGraph) -> NGramLayers | None:
    """Return them; None for other networks, whose words the page leaves out one by one instead.

    None too if the graph is not as expected, as another version of the exporter might write it.
    """
    if not is_explainable(model):
        return None
    assert isinstance(model, SentenceNetwork)  # noqa: S101 - it is explainable
    before = model.parts()[0].before
    pools = [each for each in graph.operators if each.op == "ReduceMax"]
    dense = next(
        (each for each in graph.operators if graph.outputs["logits"] in each.outputs), None
    )
    by_output = {each.outputs[0]: each for each in graph.operators}
    responses = [by_output.get(each.inputs[0]) for each in pools]
    if dense is None or dense.op != "Gemm" or len(dense.inputs) != 3:
        return None
    if not are_windows(responses, padded_length(graph)):
        return None
    return {
        "before": before,
        "filters": FILTERS,
        "widths": list(WIDTHS),
        "responses": [each.inputs[0] for each in pools],
        "features": dense.inputs[0],
        "weight": dense.inputs[1],
        "bias": dense.inputs[2],
    }


def padded_length(graph: PageGraph) -> int | None:
    """Return the words of a sentence with the padding on both sides."""
    pads = [each for each in graph.operators if each.inputs[0] == graph.input]
    return pads[0].shape[1] if len(pads) == 1 and pads[0].op == "Pad" else None


def are_windows(responses: list[Operator | None], length: int | None) -> bool:
    """Whether these are the outputs of filters of each width over so many words."""
    shapes = [None if each is None else each.shape for each in responses]
    return length is not None and shapes == [[1, length - w + 1, FILTERS] for w in WIDTHS]
