"""noonbit: labelled small images in, a classifier that can be trusted out."""

__version__ = "0.1.0"
