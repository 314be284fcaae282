"""Write a run as one HTML file that answers in a browser, without a server or a network.

    graph.py      the network as operators that the page computes; refuses others by name
    weights.py    its weights as bytes
    samples.py    test items with Python's answers, by which the page checks itself
    items.py      an item as the page holds it
    *.js          what runs in the page, joined in the order of `SCRIPTS`; page.css, page.html.j2

Weights are float16; where that moves a probability by more than 0.005, float32, as long as they fit
in 64 MB. Float16 moves none by more than 0.0004 for glimpse on MNIST (256 test items), and by 0.004
for EfficientNet-Lite0 on ten classes of photographs; int8 with a scale for each filter would halve
the page and moves glimpse's by up to 0.018, which is visible. So there is no int8.
"""

import base64
import hashlib
import json
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.errors import ArtefactError, CheckFailed
from noonbit.export.familiarity import fit_rule
from noonbit.export.model_card import ModelCard
from noonbit.export.onnx_file import card_of
from noonbit.export.onnx_model import start_session
from noonbit.page.characters import character_tables
from noonbit.page.graph import lower, trace
from noonbit.page.items import item_of
from noonbit.page.ngrams import find_ngram_layers
from noonbit.page.samples import Sample, take_sample
from noonbit.page.spec import PageGraph
from noonbit.page.weights import FEW, WeightsDtype, encode_weights, round_weights
from noonbit.runs.run import Run
from noonbit.system.files import replace_non_finite, write_text

if TYPE_CHECKING:
    from jinja2 import Template
    from onnx import ModelProto

HERE = Path(__file__).parent
FORMAT = 1
"""The version of MODEL."""
SCRIPTS = (
    *("refusal", "binary", "png", "exif", "decode", "resize", "polarity", "ink", "strokes"),
    *("images", "characters", "text", "go_board", "go_planes", "winograd", "kernels", "network"),
    *(
        "explain",
        "unfamiliar",
        "self_check",
        "elements",
        "language",
        "paint",
        "latest_only",
        "draw",
    ),
    *("answer_view", "maps_view", "picture_view", "text_view", "board_view", "app"),
)
"""In the order in which they are joined into one."""
ITEMS = 20
"""Test items that the page carries, to check itself and to show."""
MOST_BYTES = 64_000_000
"""Of the weights. Base64 makes a page of 85 MB of them; mail and phones end earlier. Of the
catalogue at 32 pixels, only resnet101 and resnet152 have more."""
TOLERANCE = 0.01
"""By which the page's probabilities may differ from the run's. Rounding to float16 moves them by
less (see above); a wrong layer, weight or preparation moves some by more. Weights whose rounding
alone takes half of it stay float32."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What was written."""

    bytes: int
    """Of the page."""
    weights_bytes: int
    weights_dtype: WeightsDtype
    """float32 where float16 would change the answers."""
    items: int
    """Test items that it carries."""
    compared: int
    """Test items on which the difference was measured."""
    worst_difference: float
    """Between a probability of the run and of its network with the weights as stored."""
    multiply_adds: int
    """Of one answer."""

    def describe(self) -> str:
        """Return `256 test items with float16 weights: worst difference 3e-04`."""
        return (
            f"{self.compared:,} test items with {self.weights_dtype} weights: worst difference "
            f"{self.worst_difference:.0e}"
        )


def write_page(run: Run, path: Path, items: PreparedDataset) -> PageFacts:
    """Write the page of a run; `items` are the run's data.

    Raises `UnknownLayer` for a network that the page cannot compute, `ArtefactError` for one that
    is too large, and `CheckFailed` where rounding changes its answers. Nothing is written then.
    """
    graph_model = trace(run)
    graph = lower(graph_model, run=run.path.name, word=run.word)
    dtype: WeightsDtype = "float16"
    index, weights = encode_weights(graph.weights, dtype)
    if len(weights) > MOST_BYTES:
        raise ArtefactError(
            f"The weights of {run.path.name} take {len(weights) / 1e6:,.0f} MB, and a page holds "
            f"{MOST_BYTES / 1e6:,.0f} MB, since browsers open no larger ones in good time. Export "
            f"it as ONNX: noonbit export {run.word}"
        )
    sample = take_sample(run, items)
    difference = measure_difference(graph_model, graph, sample, dtype)
    if not difference <= TOLERANCE / 2:  # as in some deep networks
        dtype = "float32"
        index, weights = encode_weights(graph.weights, dtype)
        float32_difference = measure_difference(graph_model, graph, sample, dtype)
        if len(weights) > MOST_BYTES or not float32_difference <= TOLERANCE / 2:
            raise CheckFailed(
                f"Rounding the weights of {run.path.name} to float16 changes a probability by "
                f"{difference:.3f}, and up to {TOLERANCE / 2:g} a page may be off; as float32 they "
                f"take {len(weights) / 1e6:,.0f} of {MOST_BYTES / 1e6:,.0f} MB and change one by "
                f"{float32_difference:.0e}. Export it as ONNX: noonbit export {run.word}"
            )
        difference = float32_difference
    card = card_of(run, fit_rule(run, items))
    chosen = sample.chosen(ITEMS)
    model = {
        "format": FORMAT,
        "run": describe_run(card),
        "contract": run.contract.model_dump(mode="json"),
        "network": {**graph.as_dict(), "weights": index},
        "weights": base64.b64encode(weights).decode("ascii"),
        "weights_dtype": dtype,
        "weights_checksum": zlib.crc32(weights),
        "tolerance": TOLERANCE,
        "items": [
            {
                "input": item_of(items, int(sample.numbers[row])),
                "probabilities": [float(each) for each in sample.probabilities[row]],
                "label": int(sample.labels[row]),
            }
            for row in chosen
        ],
        "unfamiliar": None if card.unfamiliar is None else card.unfamiliar.model_dump(),
        "characters": tables_of(run),
        "ngrams": find_ngram_layers(run.model, graph),
    }
    page = render_page(f"{run.metadata['model']['name']}, {model['run']['source']}", model)
    write_text(path, page)
    return PageFacts(
        bytes=len(page.encode()),
        weights_bytes=len(weights),
        weights_dtype=dtype,
        items=len(chosen),
        compared=len(sample.numbers),
        worst_difference=difference,
        multiply_adds=graph.multiply_adds,
    )


def describe_run(card: ModelCard) -> dict[str, Any]:
    """What the page says of the run."""
    return {
        "name": card.run,
        "network": card.network,
        "source": card.source,
        "accuracy": card.accuracy,
        "accuracy_low": card.accuracy_low,
        "accuracy_high": card.accuracy_high,
        "items": card.test_items,
    }


def tables_of(run: Run) -> Any:
    """What the page has to know of characters to find the words of a sentence; see `characters`."""
    preprocessor = run.contract.preprocessor
    return character_tables(preprocessor) if isinstance(preprocessor, TextPreprocessor) else None


def measure_difference(
    model: "ModelProto", graph: PageGraph, sample: Sample, dtype: WeightsDtype
) -> float:
    """The worst difference of a probability between a run and its network with weights as `dtype`.

    onnxruntime computes it, so it also holds what the graph says to what the run says.
    """
    from onnx import ModelProto, TensorProto, numpy_helper

    rounded = ModelProto()
    rounded.CopyFrom(model)
    for tensor in rounded.graph.initializer if dtype == "float16" else ():
        values = numpy_helper.to_array(tensor)
        if tensor.data_type == TensorProto.FLOAT and values.size > FEW:
            tensor.CopyFrom(numpy_helper.from_array(round_weights(values), tensor.name))
    session = start_session(rounded.SerializeToString(), Path("the page's network"), threads=1)
    values_dtype = np.int64 if session.get_inputs()[0].type == "tensor(int64)" else np.uint8
    worst = 0.0
    for values, wanted in zip(sample.values, sample.probabilities, strict=True):
        (answer,) = session.run(
            ["probabilities"], {graph.input: values[np.newaxis].astype(values_dtype)}
        )
        worst = max(worst, largest_difference(answer[0], wanted))
    return worst


def largest_difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """The largest difference; infinite where one is no number."""
    return float(np.nan_to_num(np.abs(one - other), nan=np.inf).max())


def render_page(title: str, model: dict[str, Any]) -> str:
    """Put the page together around its MODEL.

    Class names, texts and file names are whatever somebody wrote: they stand in JSON alone, in
    which `<` is written as an escape, so none can end the script; the title is escaped by Jinja.
    The page's own rules (Content-Security-Policy) allow no request, and no script but this one.
    """
    facts = json.dumps(replace_non_finite(model), separators=(",", ":")).replace("<", "\\u003c")
    script = "\n".join(
        [
            '"use strict";',
            *(read(f"{name}.js") for name in SCRIPTS if (HERE / f"{name}.js").exists()),
        ]
        + [f"const MODEL = {facts};", "startPage(MODEL);", ""]
    )
    digest = base64.b64encode(hashlib.sha256(f"\n{script}\n".encode()).digest()).decode("ascii")
    return read_template().render(
        title=title, style=read("page.css"), script=script, script_hash=f"sha256-{digest}"
    )


@cache
def read_template() -> "Template":
    """The template of the page, compiled once."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    ).get_template("page.html.j2")


def read(name: str) -> str:
    """A file of this folder."""
    return (HERE / name).read_text(encoding="utf-8")
