"""Answers what the Look page asks about a run; in a process of its own, since it imports PyTorch.

    python -m noonbit.studio.look.inspector RUN [DATA_DIR]

Figures and predictions are those that the run folder holds; only what explains one item is computed
when it is asked for.
"""

import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.contact_sheet import to_pillow
from noonbit.data.dataset import PART_NAMES, Indices, Pictures
from noonbit.data.go.boards import as_boards
from noonbit.data.prepared import PreparedDataset
from noonbit.data.readers.pictures import decode
from noonbit.errors import ArtefactError, DataError, MissingExtra, UsageError
from noonbit.evaluation.intervals import wilson_interval
from noonbit.evaluation.metrics import Evaluation
from noonbit.explain.captum_extra import import_captum
from noonbit.explain.explainer import TOP, Explainer, Request
from noonbit.explain.layer_maps import LayerProbe
from noonbit.explain.networks import single_networks
from noonbit.explain.picture import prepare_picture
from noonbit.explain.position import open_position
from noonbit.live.frame import Atlas, encode_frame
from noonbit.live.moment import add_layers
from noonbit.report.confusion_matrix import ConfusionMatrix, Pairs, build_confusion_matrix
from noonbit.report.sections import class_row, mean_confidence
from noonbit.runs.folder import load_run
from noonbit.runs.predictions import StoredPredictions, read_predictions
from noonbit.runs.run import Run
from noonbit.studio.look.explanations import as_values, png_of
from noonbit.studio.look.worker import Answer, answer_until_end

MOST_CLASSES = 200
"""Rows of the table of classes, those that are recognised worst."""
ORIGINAL_SIDE = 640
"""Pixels; larger originals are shrunk."""
OWN_NAME = "the file"
"""What a picture of the user's own is called, which is kept under a name of ours."""
NEAREST = 8
"""Training items that are shown as most alike."""
PNG, SVG, JSON = "image/png", "image/svg+xml", "application/json"
FRAME = "application/octet-stream"


class Inspector:
    """One run with its data, loaded as far as anybody asked."""

    def __init__(self, path: Path, *, data_dir: Path | None) -> None:
        self.path, self.data_dir = path, data_dir

    def answer(self, question: str, **values: Any) -> Answer:
        """Return the answer to a question: the method of that name, with these values."""
        questions: dict[str, Callable[..., Any]] = {
            "overview": self.overview,
            "rows": self.rows,
            "open": self.open,
            "picture": self.picture,
            "original": self.original,
            "explain": self.explain,
            "nearest": self.nearest,
            "layers": self.layers,
        }
        found = questions[question](**values)
        return found if isinstance(found, tuple) else (JSON, json.dumps(found).encode())

    @cached_property
    def run(self) -> Run:
        """The run, loaded with the first question, so that what is wrong with it is an answer."""
        return load_run(self.path)

    @cached_property
    def predictions(self) -> StoredPredictions:
        """The stored predictions of the test items."""
        return read_predictions(self.run)

    @cached_property
    def items(self) -> PreparedDataset:
        """The data, opened again; raises `DataError` where they are gone or have changed."""
        return self.run.items(data_dir=self.data_dir)

    @cached_property
    def evaluation(self) -> Evaluation:
        """The stored figures."""
        evaluation = self.run.evaluation
        if evaluation is None:
            raise ArtefactError(
                f"{self.run.path.name} has no test figures yet, since its training did not end."
            )
        return evaluation

    def overview(self) -> dict[str, Any]:
        """Return the figures of the run, and its confusion matrix."""
        evaluation, preprocessor = self.evaluation, self.run.contract.preprocessor
        has_classes = preprocessor.report_section is None
        rows = [class_row(score) for score in evaluation.classes] if has_classes else []
        worst = sorted(rows, key=lambda row: row.score.f1)[:MOST_CLASSES]
        return {
            "shown_as": preprocessor.shown_as,
            "input_kind": preprocessor.input_kind,
            "items": evaluation.items,
            "correct": evaluation.correct,
            "accuracy": evaluation.accuracy,
            "low": evaluation.accuracy_low,
            "high": evaluation.accuracy_high,
            "groups": evaluation.groups,
            "calibration_error": evaluation.calibration_error,
            "mean_confidence": mean_confidence(evaluation),
            "matrix": self.matrix() if has_classes else None,
            "classes": [
                {
                    "name": row.score.name,
                    "items": row.score.items,
                    "precision": row.score.precision,
                    "recall": row.score.recall,
                    "low": row.low,
                    "high": row.high,
                    "f1": row.score.f1,
                }
                for row in worst
            ],
            "all_classes": len(rows),
            "reliability": [
                [confidence, accuracy, count, *wilson_interval(round(accuracy * count), count)]
                for confidence, accuracy, count in evaluation.reliability
            ],
        }

    @cached_property
    def confusion(self) -> ConfusionMatrix:
        """The confusion matrix as the report has it: of many classes the most confused ones."""
        stored, names = self.predictions, list(self.run.class_names)
        return build_confusion_matrix(
            names, Pairs.of(stored.labels, stored.predictions, len(names))
        )

    def matrix(self) -> dict[str, Any]:
        """Return the names of the matrix's rows and columns, and its counts."""
        confusion = self.confusion
        return {
            "names": confusion.names,
            "counts": [[cell.count for cell in row] for row in confusion.rows],
            "whole": confusion.whole,
        }

    def rows(
        self,
        selection: str,
        first: int,
        count: int,
        cell: tuple[int, int] | None = None,
    ) -> dict[str, Any]:
        """Return `count` test items of a selection from the `first` on, and how many it has.

        Of a `cell`, which is a row and a column of the matrix, the most confident come first; of
        the `worst`, which are wrong, those with the highest loss; of the `close` ones, which are
        right, those of which the network was least sure.
        """
        stored = self.predictions
        is_right = stored.predictions == stored.labels
        if selection == "worst":
            rows, key = np.flatnonzero(~is_right), self.true_probability
        elif selection == "close":
            rows, key = np.flatnonzero(is_right), stored.confidence
        elif selection == "cell" and cell is not None:
            rows, key = self.rows_of_cell(*cell), -stored.confidence
        else:
            raise UsageError(f"There is no selection {selection}; there are cell, worst and close.")
        ordered = rows[np.argsort(key[rows], kind="stable")]
        return {
            "total": len(ordered),
            "rows": [self.describe_row(row) for row in ordered[first : first + count].tolist()],
        }

    def rows_of_cell(self, row: int, column: int) -> Indices:
        """Return the rows of the predictions that a cell of the matrix counts."""
        names = self.confusion.names
        if not (0 <= row < len(names) and 0 <= column < len(names)):
            raise UsageError(f"The confusion matrix has {len(names)} rows and columns.")
        stored = self.predictions
        inside = self.is_in_line(stored.labels, row) & self.is_in_line(stored.predictions, column)
        return np.flatnonzero(inside)

    def is_in_line(self, classes: Indices, line: int) -> NDArray[np.bool_]:
        """Whether each of these classes (N,) belongs to a row or column of the matrix."""
        confusion, numbers = self.confusion, self.class_numbers
        if confusion.whole or line < len(confusion.names) - 1:
            return np.isin(classes, numbers[confusion.names[line]])
        return np.isin(classes, [numbers[name] for name in confusion.names[:-1]], invert=True)

    @cached_property
    def class_numbers(self) -> dict[str, int]:
        """The index of each class."""
        return {name: index for index, name in enumerate(self.run.class_names)}

    @cached_property
    def true_probability(self) -> NDArray[np.float32]:
        """The probability of each test item's true class; the lower, the higher the loss. (N,)."""
        stored = self.predictions
        return stored.probabilities[np.arange(len(stored)), stored.labels]

    def describe_row(self, row: int) -> dict[str, Any]:
        """Return what is said of one test item in a list."""
        stored, names = self.predictions, self.run.class_names
        number = int(stored.items[row])
        is_text = self.run.contract.preprocessor.shown_as == "text"
        return {
            "item": number,
            "name": stored.names[row],
            "label": names[stored.labels[row]],
            "prediction": names[stored.predictions[row]],
            "confidence": float(stored.confidence[row]),
            "true_probability": float(self.true_probability[row]),
            "text": self.text_of(number) if is_text else None,
        }

    def text_of(self, number: int) -> str | None:
        """Return a sentence of the data; None where the data are gone."""
        try:
            return self.items.text(number).strip()
        except DataError:
            return None

    def open(self) -> dict[str, Any]:
        """Open the data, before pictures are asked for; raises `DataError` with the reason."""
        items = self.items
        return {"items": len(items.labels)}

    def require_item(self, item: int) -> int:
        """Return the number of an item; raises `UsageError` if there is none of it."""
        if not 0 <= item < len(self.items.labels):
            raise UsageError(
                f"There is no item {item}; the data hold 0 to {len(self.items.labels) - 1:,}."
            )
        return item

    def picture(self, item: int) -> Answer:
        """Return an item as the network takes it: a PNG of its own size, or a board as SVG."""
        self.require_item(item)
        if self.run.contract.preprocessor.input_kind == "boards":
            boards = as_boards(self.items.data.train.raw)
            return SVG, boards.diagram(item).svg(self.items.names[item]).encode()
        return PNG, png_of(to_pillow(self.items.values[item]))

    def original(self, subject: int | str) -> Answer:
        """Return a picture before it was prepared, at most `ORIGINAL_SIDE` wide and high."""
        if isinstance(subject, int):
            picture = self.original_of_item(self.require_item(subject))
        else:
            picture = decode(Path(subject).read_bytes(), OWN_NAME)
        if picture is None:
            raise UsageError("The source holds no other picture than the prepared one.")
        picture.thumbnail((ORIGINAL_SIDE, ORIGINAL_SIDE))
        return PNG, png_of(picture)

    def original_of_item(self, item: int) -> Image.Image | None:
        """Return an item as its source has it; None where that is what the network takes."""
        row, parts = item, self.items.data.parts
        for part in (parts[name] for name in PART_NAMES if name in parts):
            if row < len(part):
                break
            row -= len(part)
        raw = part.raw
        if isinstance(raw, Pictures):
            return decode(raw[row].read(), raw[row].name)
        if not isinstance(raw, np.ndarray) or np.array_equal(raw[row], self.items.values[item]):
            return None
        return to_pillow(raw[row])

    @cached_property
    def explainer(self) -> Explainer:
        """Explains answers, and keeps the features of the training items."""
        return Explainer(self.run.classifier(self.run.runtime), lambda: self.items)

    def explain(self, subject: int | str, class_name: str | None = None) -> dict[str, Any]:
        """Return why the network answers as it does: an item, or the path of an own input."""
        try:
            given = self.open_subject(subject)
        except DataError as error:
            if isinstance(subject, int):
                return self.stored_answer(subject, error)
            raise
        missing = None
        is_picture = self.run.contract.preprocessor.input_kind == "pictures"
        if is_picture:
            try:
                import_captum()
            except MissingExtra as error:
                missing = str(error)
        # The training pictures that are most alike are a question of their own: `nearest`.
        top = 0 if is_picture else TOP
        request = Request(class_name=class_name, maps=missing is None, top=top)
        values = as_values(self.explainer.explain(given, request))
        values["no_maps"] = missing
        if isinstance(given, int):
            split = self.items.split
            parts = [name for name in PART_NAMES if given in getattr(split, name)]
            values["split"] = parts[0] if parts else None
            values["has_original"] = is_picture and self.original_of_item(given) is not None
        else:
            values["has_original"] = is_picture
        return values

    def stored_answer(self, item: int, error: DataError) -> dict[str, Any]:
        """Return what the run folder holds of a test item whose data are gone.

        Raises the error again for any other item, of which it holds nothing.
        """
        stored, names = self.predictions, self.run.class_names
        (rows,) = np.nonzero(stored.items == item)
        if not len(rows):
            raise error
        row = int(rows[0])
        return {
            "kind": "stored",
            "reason": str(error),
            "name": stored.names[row],
            "item": item,
            "label": names[stored.labels[row]],
            "adjusted": "",
            "explained": None,
            "answers": dict(zip(names, stored.probabilities[row].tolist(), strict=True)),
            "split": "test",
        }

    def nearest(self, subject: int | str) -> dict[str, Any]:
        """Return the training pictures that are most alike to the network.

        It is a question of its own, since the first asks the network about every training item.
        """
        found = self.explainer.nearest(self.values_of(subject), NEAREST)
        return {
            "nearest": [each.as_dict() for each in found],
            "compared": len(self.explainer.training_features),
        }

    def open_subject(self, subject: int | str) -> int | str | Path:
        """Return what the explainer takes: the number of an item, a path, or a sentence."""
        if isinstance(subject, int):
            return self.require_item(subject)
        if self.run.contract.preprocessor.input_kind != "sentences":
            return Path(subject)
        return " ".join(Path(subject).read_text("utf-8", "replace").split())

    def values_of(self, subject: int | str) -> NDArray[Any]:
        """Return an input as the network takes it, of the contract's shape."""
        given = self.open_subject(subject)
        if isinstance(given, int):
            return np.asarray(self.items.values[given])
        if isinstance(given, str):
            return self.run.contract.preprocessor.transform_one(given)[0]
        if self.run.contract.preprocessor.input_kind == "boards":
            return open_position(given, None)[0].values
        return prepare_picture(self.explainer, given).values

    def layers(self, subject: int | str, whole: list[str]) -> Answer:
        """Return a frame with what every layer of the (first) network makes of an input.

        Layers in `whole` have all their maps, and the gradients of the loss of the answer.
        """
        values = self.values_of(subject)
        classifier, names = self.explainer.classifier, self.run.class_names
        single = single_networks(classifier.model, classifier.contract)[0]
        inputs = single.normalise(
            torch.from_numpy(np.array(values)[None]).to(self.run.runtime.device)
        )
        number = int(classifier.probabilities(values[None])[0].argmax())
        atlas = Atlas()
        seen = LayerProbe(single.network).run(inputs, number, frozenset(whole))
        item = {"number": 0, "label": names[number]}
        header = {
            "classes": names,
            "item": item,
            "tests": {"items": [], "correct": 0, "of": 0},
            "layers": add_layers(atlas, seen, frozenset(whole)),
        }
        return FRAME, encode_frame(header, atlas.pixels())


def main() -> None:
    """Hold the run that the command line names."""
    path, *data_dir = map(Path, sys.argv[1:])
    inspector = Inspector(path, data_dir=data_dir[0] if data_dir else None)
    answer_until_end(inspector.answer)


if __name__ == "__main__":
    main()
