"""glance: noonbit's default network (placeholder until the spike's answer)."""

from torch import nn

from noonbit.models.layers import ImageSize, Network, PadTo


def glance(classes: int, channels: int, size: ImageSize) -> Network:
    """Small residual-free network."""
    features = nn.Sequential(
        PadTo(8, size),
        nn.Conv2d(channels, 32, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding=1, bias=False),
        nn.BatchNorm2d(128),
        nn.ReLU(),
    )
    head = nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(128, classes))
    return Network(features, head)
