"""Run a network in a page, and the same ONNX graph in onnxruntime."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from playwright.sync_api import Page

from noonbit.page.graph import lower
from noonbit.page.spec import PageGraph
from noonbit.page.weights import WeightsDtype, encode_weights

SCRIPTS = ("binary.js", "winograd.js", "kernels.js", "network.js")
PIECE = 2**25
"""Characters that are sent at once: Chromium ends a page at a message of 100 MiB, as vgg-e is."""
TAKE = "(piece) => { (window.pieces ??= []).push(piece); }"
RUN = """([spec, inputs]) => {
  const weights = (window.pieces ?? []).join("");  // some networks have none
  window.pieces = [];
  const network = new Network(spec, readWeights(spec.weights, decodeBase64(weights)));
  return inputs.map((values) => {
    const { logits, probabilities } = network.run(values);
    return [Array.from(logits), Array.from(probabilities)];
  });
}"""


def answers_of_page(
    page: Page,
    graph: PageGraph,
    inputs: Sequence[NDArray[Any]],
    dtype: WeightsDtype = "float32",
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Logits and probabilities of each input (*shape), computed by the browser.

    The page is one that has `SCRIPTS`.
    """
    index, weights = encode_weights(graph.weights, dtype)
    spec = {**graph.as_dict(), "weights": index}
    text = base64.b64encode(weights).decode()
    for first in range(0, len(text), PIECE):
        page.evaluate(TAKE, text[first : first + PIECE])
    answers = page.evaluate(RUN, [spec, [each.ravel().tolist() for each in inputs]])
    return [(np.array(logits), np.array(shares)) for logits, shares in answers]


def answers_of_onnxruntime(
    model: onnx.ModelProto, inputs: Sequence[NDArray[Any]]
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Logits and probabilities of each input (*shape), flat."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    name = session.get_inputs()[0].name
    answers = [session.run(["logits", "probabilities"], {name: each[None]}) for each in inputs]
    return [(logits.ravel(), probabilities.ravel()) for logits, probabilities in answers]


def worst_difference(
    page: Page,
    model: onnx.ModelProto,
    inputs: Sequence[NDArray[Any]],
    dtype: WeightsDtype = "float32",
) -> float:
    """The largest difference of any result between the page and onnxruntime.

    In units of 1 or of the largest result, whichever is more: sums of large numbers are rounded to
    float32 as they are.
    """
    wanted = answers_of_onnxruntime(model, inputs)
    given = answers_of_page(page, lower(model), inputs, dtype)
    return max(
        float(np.nan_to_num(np.abs(one - other), nan=np.inf).max() / max(1, np.abs(other).max()))
        for mine, theirs in zip(given, wanted, strict=True)
        for one, other in zip(mine, theirs, strict=True)
    )
