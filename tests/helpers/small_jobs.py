"""Trainings of a second into run folders: their data, how to stop them, and how to compare them."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from small_training import equal

from noonbit.jobs.observer import Observer
from noonbit.runs.checkpoint import read_tensors
from noonbit.runs.run import Run


def write_small(path: Path, *, seed: int = 0) -> Path:
    """Write sixty 8x8 images of two classes as .npz."""
    labels = np.arange(60) % 2
    images = np.random.default_rng(seed).integers(0, 100, (60, 8, 8)) + 100 * labels[:, None, None]
    np.savez(path, images=images.astype(np.uint8), labels=labels)
    return path


class Stopping(Observer):
    """Sends this process a signal in the middle of an epoch, as a person or a scheduler would."""

    def __init__(self, epoch: int, step: int, number: int = signal.SIGINT) -> None:
        self.place, self.number = (epoch, step), number

    def on_step(self, step):
        if (step.epoch, step.step) == self.place:
            os.kill(os.getpid(), self.number)


class Killed(BaseException):
    """No `Exception`, after which a training that has nothing yet removes its folder."""


class Dying(Observer):
    """Ends a training in the middle of an epoch without saving, as a kill would."""

    def __init__(self, epoch: int, step: int) -> None:
        self.place = (epoch, step)

    def on_step(self, step):
        if (step.epoch, step.step) == self.place:
            raise Killed


def weights(run: Run) -> dict[str, torch.Tensor]:
    """The weights that a finished run keeps."""
    return read_tensors(run.path / "weights.safetensors")[0]


def assert_same(one: Run, other: Run) -> None:
    """Both runs have the same bits, and the same history but for the clock."""
    assert equal(weights(one), weights(other))
    assert [replace(r, seconds=0, items_per_second=0) for r in one.history] == [
        replace(r, seconds=0, items_per_second=0) for r in other.history
    ]
    assert one.evaluation == other.evaluation
