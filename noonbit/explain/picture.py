"""Explain the answer to one picture: what decided, and the training pictures like it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data import open_inputs
from noonbit.data.contact_sheet import draw_grid, write_png
from noonbit.data.dataset import input_kind_of
from noonbit.data.preprocess.base import Transformed, adjustments_of_each
from noonbit.errors import DataError, InputRefused, UsageError
from noonbit.explain.answer import Answer
from noonbit.explain.drawing import draw_bars, draw_layers, draw_panels, stack, write_lines
from noonbit.explain.explainer import Explainer, PreparedItem, Request
from noonbit.explain.grad_cam import grad_cam
from noonbit.explain.layer_maps import LayerMaps
from noonbit.explain.method import Method
from noonbit.explain.nearest import Neighbour
from noonbit.explain.networks import single_networks
from noonbit.explain.occlusion import occlude_picture
from noonbit.explain.regions import describe_region
from noonbit.system.files import write_json

METHOD_NAMES: Mapping[Method, str] = {"grad-cam": "Grad-CAM", "occlusion": "occlusion"}
DIGITS = 4
"""Of the numbers of a map in JSON."""


@dataclass(frozen=True, slots=True, eq=False)
class PictureExplanation:
    """Where a network looked when it answered, and what it was reminded of."""

    answer: Answer
    pixels: NDArray[np.uint8]
    """The picture as the network sees it, (C, h, w)."""
    maps: Mapping[Method, NDArray[np.float32]]
    """By method, (h, w). Grad-CAM: 0 to 1. Occlusion: how much the log-odds of the class fall where
    a pixel is covered; negative where they rise."""
    nearest: Sequence[Neighbour]
    """The training pictures most alike to the network, the nearest first."""
    nearest_pixels: Sequence[NDArray[np.uint8]]
    """Of each of them, (C, h, w)."""
    compared: int
    """How many training pictures were compared; 0 if they could not be opened."""
    layers: Sequence[LayerMaps]
    """What each layer computes; of an ensemble, in its first member."""
    members: int
    """Networks that answer together: Grad-CAM and similarities are their means."""
    notes: Sequence[str]
    """What is missing and why, one sentence each."""

    def lines(self) -> list[str]:
        """Return the explanation in words, one line each."""
        lines = self.answer.lines()
        for method, values in self.maps.items():
            lines.append(f"{METHOD_NAMES[method]:<10}  {self.describe(method, values)}")
        if self.members > 1:
            lines.append(f"members     {self.members}; Grad-CAM and likeness are their means")
        if self.nearest:
            lines.append(f"like it     of {self.compared:,} training pictures:")
            for each in self.nearest:
                lines.append(f"            {each.similarity:.3f}  {each.label}  {each.name}")
        return lines

    def describe(self, method: Method, values: NDArray[np.float32]) -> str:
        """Return in words what a map says of the explained class."""
        if not (values > 0).any():
            return f"nothing speaks for {self.answer.explained}"
        where = describe_region(values)
        if method == "grad-cam":
            return where
        left = np.exp(-values.max())
        return f"{where}; covering where it is strongest leaves {left:.1%} of the odds"

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a map as rows of numbers."""
        return {
            **self.answer.as_dict(),
            "height": self.pixels.shape[1],
            "width": self.pixels.shape[2],
            "members": self.members,
            "maps": {
                method: {
                    "in_words": self.describe(method, values),
                    "values": values.astype(np.float64).round(DIGITS).tolist(),
                }
                for method, values in self.maps.items()
            },
            "layers": [each.as_dict() for each in self.layers],
            "nearest": [each.as_dict() for each in self.nearest],
            "compared": self.compared,
            "notes": list(self.notes),
        }

    def draw(self) -> Image.Image:
        """Return the explanation as one picture."""
        maps = {METHOD_NAMES[method]: values for method, values in self.maps.items()}
        parts = [
            write_lines([f"{self.answer.name}: why {self.answer.explained}?"], size=16),
            draw_panels(self.pixels, maps),
            draw_bars(self.answer.top(), self.answer.explained),
        ]
        if self.nearest:
            compared = f"most alike to the network, of {self.compared:,} training pictures (cosine)"
            titles = [f"{each.label}\n{each.similarity:.3f}" for each in self.nearest]
            parts += [write_lines([compared]), draw_grid(np.stack(self.nearest_pixels), titles)]
        if self.notes:
            parts.append(write_lines(self.notes))
        return stack(parts)

    def draw_layers(self) -> Image.Image:
        """Return the first maps of every layer as one picture."""
        return draw_layers(self.layers)

    def save(self, path: Path) -> None:
        """Write the explanation as a picture, `.png`, or as JSON. Raises `UsageError`."""
        if path.suffix == ".json":
            write_json(path, self.as_dict())
        elif path.suffix == ".png":
            write_png(path, self.draw())
        else:
            raise UsageError(
                f"{path} ends in '{path.suffix}'; a picture is explained in a .png or .json."
            )


def explain_picture(explainer: Explainer, item: Any, request: Request) -> PictureExplanation:
    """Explain the answer to a picture: a path, a Pillow image, an array, or an item's number.

    Raises `UsageError` for a method that is asked for by name and does not suit the network,
    `InputRefused` for a picture that cannot be used, and `MissingExtra` without captum.
    """
    classifier = explainer.classifier
    prepared = prepare_picture(explainer, item)
    answer = explainer.answer_to(prepared, request)
    maps: dict[Method, NDArray[np.float32]] = {}
    notes: list[str] = []
    if request.maps:
        maps, notes = make_maps(explainer, prepared, answer.number, request.method)
    nearest: list[Neighbour] = []
    pixels, compared = [], 0
    try:
        if request.top:  # else nobody waits for the features of all training pictures
            nearest = explainer.nearest(prepared.values, request.top)
            pixels = [explainer.items.values[each.item] for each in nearest]
            compared = len(explainer.training_features)
    except DataError as error:
        notes.append(f"The training pictures are not compared: {error}")
    return PictureExplanation(
        answer=answer,
        pixels=prepared.values,
        maps=maps,
        nearest=nearest,
        nearest_pixels=pixels,
        compared=compared,
        layers=explainer.layers(answer, prepared.values),
        members=len(single_networks(classifier.model, classifier.contract)),
        notes=notes,
    )


def prepare_picture(explainer: Explainer, item: Any) -> PreparedItem:
    """Prepare one picture as the contract says. Raises `UsageError` for several of them."""
    preprocessor = explainer.classifier.contract.preprocessor
    if isinstance(item, int | np.integer):
        return explainer.item_at(int(item))
    if not isinstance(item, str | Path):
        transformed = preprocessor.transform_given(item if isinstance(item, np.ndarray) else [item])
        return only_picture("the picture", transformed)
    inputs = open_inputs(item, value_range=preprocessor.array_range)
    if input_kind_of(inputs.part.raw) != preprocessor.input_kind:
        raise InputRefused(str(item), "is no picture, which this network takes")
    if len(inputs.part) > 1:
        raise UsageError(
            f"{item} holds {len(inputs.part):,} pictures, and one is explained at a time: name it."
        )
    return only_picture(inputs.part.names[0], preprocessor.transform(inputs.part.raw))


def only_picture(name: str, transformed: Transformed) -> PreparedItem:
    """Return what was transformed if it is one picture; raises `InputRefused`, `UsageError`."""
    for bad in transformed.bad.values():
        raise InputRefused(bad.name, bad.reason)
    if len(transformed.values) != 1:
        raise UsageError(
            f"One picture is explained at a time; {len(transformed.values)} were given."
        )
    adjusted = adjustments_of_each(transformed.adjusted, np.arange(1))[0]
    return PreparedItem(name, transformed.values[0], adjusted)


def make_maps(
    explainer: Explainer, prepared: PreparedItem, number: int, method: Method | None
) -> tuple[dict[Method, NDArray[np.float32]], list[str]]:
    """Return the maps of class `number` by one method or by all, and why one is missing."""
    model, contract = explainer.classifier.model, explainer.classifier.contract
    maps: dict[Method, NDArray[np.float32]] = {}
    notes = []
    if method != "occlusion":
        try:
            maps["grad-cam"] = grad_cam(model, contract, prepared.values, number)
        except UsageError:
            if method is not None:
                raise
            notes.append("There is no Grad-CAM: the network has no convolution over positions.")
    if method != "grad-cam":
        maps["occlusion"] = occlude_picture(
            model, contract, prepared.values, number, explainer.classifier.runtime
        )
    return maps, notes
