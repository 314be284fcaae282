"""A network for Go that trains in milliseconds."""

from noonbit.models.layers import FeedforwardNetwork, ImageSize
from noonbit.models.policy import policy


def tiny(classes: int, channels: int, size: ImageSize) -> FeedforwardNetwork:
    """Two layers of four filters."""
    return policy(4, 1, classes, channels, size)
