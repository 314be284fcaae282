"""What a network of pictures and one of sentences take by the Open Inference Protocol."""

from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.preprocess.text import TextPreprocessor
from noonbit.serve.open_inference.signature import Signature

PICTURES = Signature.of(
    "shapes",
    Contract.unit(ImagePreprocessor(height=2, width=3, channels=1), ("cat", "개", "horse")),
)
SENTENCES = Signature.of(
    "reviews", Contract.unit(TextPreprocessor(length=4, words=("bad", "good")), ("-", "+"))
)
