"""An explanation of each kind as plain values for the page, its maps as pictures.

A map becomes a transparent picture that lies over the input: orange where it speaks for the class
that is explained, blue where it speaks against it.
"""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from noonbit.data.contact_sheet import to_pillow
from noonbit.explain.explainer import Explanation
from noonbit.explain.picture import PictureExplanation
from noonbit.explain.position import PositionExplanation
from noonbit.explain.regions import shares_of_ninths
from noonbit.explain.sentence import SentenceExplanation

FOR, AGAINST = (217, 104, 29), (47, 120, 189)
"""The colours of the layers' maps, as layers.css has them in the light."""
LARGEST_ALPHA = 0.7
MOST_NGRAMS = 12


def as_values(explanation: Explanation) -> dict[str, Any]:
    """Return what the page shows of an explanation."""
    answer = explanation.answer
    values = {
        "name": answer.name,
        "item": answer.item,
        "label": answer.label,
        "adjusted": answer.adjusted,
        "explained": answer.explained,
        "answers": dict(zip(answer.class_names, answer.probabilities.tolist(), strict=True)),
    }
    match explanation:
        case PictureExplanation():
            return {**values, "kind": "picture", **picture_values(explanation)}
        case SentenceExplanation():
            return {**values, "kind": "sentence", **sentence_values(explanation)}
        case PositionExplanation():
            svg = explanation.diagram.svg(explanation.title)
            return {
                **values,
                "kind": "position",
                "diagram": data_url(svg.encode(), "image/svg+xml"),
            }
    raise TypeError(f"no page for {type(explanation).__name__}")


def picture_values(explanation: PictureExplanation) -> dict[str, Any]:
    """Return the picture, its maps and what it is like."""
    maps = {}
    for method, values in explanation.maps.items():
        shares = shares_of_ninths(values)
        maps[method] = {
            "picture": data_url(png_of(overlay(values)), "image/png"),
            "ninth": int(shares.argmax()) if shares.any() else None,
            "share": float(shares.max()),
        }
    return {
        "picture": data_url(png_of(to_pillow(explanation.pixels)), "image/png"),
        "maps": maps,
        "members": explanation.members,
        "notes": list(explanation.notes),
    }


def sentence_values(explanation: SentenceExplanation) -> dict[str, Any]:
    """Return the words with what each adds, and the weightiest n-grams."""
    ngrams, number = explanation.ngrams, explanation.answer.number
    return {
        "text": explanation.text,
        "words": [
            {"text": token, "known": known, "weight": float(weight)}
            for token, known, weight in zip(
                ngrams.tokens, ngrams.known, ngrams.words_for_class(number), strict=True
            )
        ],
        "ngrams": [
            {"text": " ".join(each.words), "weight": weight}
            for each, weight in ngrams.for_class(number)[:MOST_NGRAMS]
        ],
    }


def overlay(values: NDArray[np.float32]) -> Image.Image:
    """Return a map (h, w) as a transparent picture of its size; its strongest value is densest."""
    strength = np.abs(values) / max(float(np.abs(values).max()), 1e-12)
    pixels = np.empty((*values.shape, 4), np.uint8)
    pixels[..., :3] = np.where(values[..., None] >= 0, FOR, AGAINST)
    pixels[..., 3] = np.round(255 * LARGEST_ALPHA * strength)
    return Image.fromarray(pixels)


def png_of(picture: Image.Image) -> bytes:
    """Encode a picture as PNG."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def data_url(content: bytes, media_type: str) -> str:
    """Return a small file as an address that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"
