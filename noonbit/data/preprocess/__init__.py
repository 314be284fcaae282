"""How raw inputs become the values that networks take, one class for each kind of input.

    protocol    what every kind has to say of itself
    pictures    -> uint8 (channels, height, width)
    sentences   -> the numbers of their words, int32 (length,)
    boards      -> the planes of a position, uint8 (planes, height, width)

Another kind of input is another class here, a member of `contract.AnyFraming`, and a branch of
`contract.derive_framing`.
"""

from noonbit.data.preprocess.boards import BoardFraming
from noonbit.data.preprocess.images import PictureFraming
from noonbit.data.preprocess.protocol import Adjustment, Framing, Prepared, Statistics, Values
from noonbit.data.preprocess.text import SentenceFraming

__all__ = [
    "Adjustment",
    "BoardFraming",
    "Framing",
    "PictureFraming",
    "Prepared",
    "SentenceFraming",
    "Statistics",
    "Values",
]
