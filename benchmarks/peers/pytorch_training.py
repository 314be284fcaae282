"""Plain PyTorch: the networks as tutorials write them, and their loop."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.networks import TASKS


def train_as_written(network: str, images: int, batch_size: int) -> Iterator[int]:
    """The images of each epoch, after it: a loader, eager, the loss read in every step."""
    task = TASKS[network]
    pixels, labels = map(torch.from_numpy, task.random(images))
    loader = DataLoader(TensorDataset(pixels / 255, labels), batch_size=batch_size, shuffle=True)
    model = NETWORKS[network](task.classes)
    loss_of = nn.CrossEntropyLoss()
    optimizer = OPTIMIZERS[task.optimizer](model.parameters(), lr=task.learning_rate)
    model.train()
    while True:
        running_loss = 0.0
        for batch, targets in loader:
            optimizer.zero_grad()
            loss = loss_of(model(batch), targets)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
        yield images


OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "rmsprop": torch.optim.RMSprop}


def mlp(classes: int) -> nn.Module:
    """Three dense layers."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, classes),
    )


def cnn(classes: int) -> nn.Module:
    """Two convolutions."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 5 * 5, 256),
        nn.ReLU(),
        nn.Linear(256, classes),
    )


def deep_cnn(classes: int) -> nn.Module:
    """Four convolutions with dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.Conv2d(32, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(64 * 4 * 4, 256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, classes),
    )


def sign_cnn(classes: int) -> nn.Module:
    """Three convolutions with batch norm."""
    return nn.Sequential(
        nn.Conv2d(1, 75, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(75),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(75, 50, 3, padding=1),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.BatchNorm2d(50),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Conv2d(50, 25, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(25),
        nn.MaxPool2d(2, ceil_mode=True),
        nn.Flatten(),
        nn.Linear(25 * 4 * 4, 512),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(512, classes),
    )


def lab_deep_cnn(classes: int) -> nn.Module:
    """Three convolutions without biases and two dense layers, with dropout."""
    model = nn.Sequential()
    for inputs, outputs in ((1, 32), (32, 64), (64, 128)):
        model.append(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False))
        model.extend([nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True), nn.Dropout(0.3)])
    model.append(nn.Flatten())
    for inputs in (128 * 4 * 4, 625):
        model.extend([nn.Linear(inputs, 625), nn.ReLU(), nn.Dropout(0.3)])
    return model.append(nn.Linear(625, classes))


def lenet5(classes: int) -> nn.Module:
    """LeNet-5 in its modern form."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )


class Block(nn.Module):
    """Two convolutions and a shortcut without parameters."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.stride, self.margin = stride, (outputs - inputs) // 2

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / stride, w / stride)."""
        path = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(maps)))))
        if self.stride == 2:
            maps = F.pad(maps[:, :, ::2, ::2], (0, 0, 0, 0, self.margin, self.margin))
        return F.relu(path + maps)


def resnet20(classes: int) -> nn.Module:
    """Nine blocks."""
    model = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
    inputs = 16
    for outputs, first_stride in ((16, 1), (32, 2), (64, 2)):
        for stride in (first_stride, 1, 1):
            model.append(Block(inputs, outputs, stride))
            inputs = outputs
    return model.extend([nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, classes)])


class WideningBlock(nn.Module):
    """Of glance: a convolution that widens, a pool, and a convolution with a shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, maps: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, h / 2, w / 2), rounded up."""
        maps = F.silu(self.bn1(F.max_pool2d(self.conv1(maps), 2, ceil_mode=True)))
        return F.silu(self.bn2(self.conv2(maps)) + maps)


def glance(classes: int) -> nn.Module:
    """Three blocks behind a stem that is not trained."""
    stem = nn.Conv2d(1, 18, 3, padding=1, bias=False).requires_grad_(False)
    blocks = (WideningBlock(inputs, outputs) for inputs, outputs in ((18, 32), (32, 64), (64, 128)))
    head = (nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(128, classes))
    return nn.Sequential(stem, nn.SiLU(), *blocks, *head)


NETWORKS = {
    "glance": glance,
    "mlp": mlp,
    "cnn": cnn,
    "deep-cnn": deep_cnn,
    "sign-cnn": sign_cnn,
    "lab-deep-cnn": lab_deep_cnn,
    "lenet5": lenet5,
    "resnet20": resnet20,
}
