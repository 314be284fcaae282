"""The side of the training: reads wishes and writes frames, between two steps.

Nobody pays for what nobody watches: without a watcher a step costs a look at the clock, and a line
of numbers is written each second. With one there are ten lines a second, and a frame as often as a
share of the time allows, so that a large network is shown more seldom and not trained more slowly.
"""

import contextlib
import json
import math
import os
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from noonbit.data.prepared import PreparedDataset
from noonbit.errors import UsageError
from noonbit.explain.layer_maps import LayerProbe, Pass
from noonbit.live.folder import LiveFolder
from noonbit.live.frame import Atlas, encode_frame
from noonbit.live.moment import add_item, add_layers, add_tests
from noonbit.live.pace import Pace
from noonbit.live.questions import Questions
from noonbit.live.wishes import Command, SetSetting, Show, parse_wish, read_json
from noonbit.runs.changes import append_change
from noonbit.training.changes import STEERED_SETTINGS
from noonbit.training.state import Callbacks, StepProgress, TrainingContext, TrainingState
from noonbit.training.steering import make_change

FRAME_SECONDS = 0.1
"""At least, between two frames."""
FRAME_SHARE = 0.02
"""The share of the time of a watched training that frames may take. A browser without a GPU takes
as much again to paint them, and if it is on the same machine the training waits for both."""
ASKING_SECONDS = 0.5
"""At least, between two askings about validation items, so that people can read them."""
LOOK_SECONDS = 0.05
"""Between two looks for wishes and watchers."""
WATCHED_LINE_SECONDS, LINE_SECONDS = 0.1, 1.0
"""Between two lines of numbers: for a watcher, and while nobody waits for them."""
LINES_OF_SPEED = 20
"""Over which items/s are averaged."""
ITEM_SECONDS = 2.0
"""How long an item is shown, unless a watcher chose one."""


End: TypeAlias = Literal["finished", "stopped", "diverged"]


class LiveRecorder(Callbacks):
    """Writes the live folder of a training, and takes its wishes."""

    def __init__(
        self, run: Path, state: TrainingState, context: TrainingContext, items: PreparedDataset
    ) -> None:
        self.folder = LiveFolder(run)
        self.state, self.context, self.items = state, context, items
        self.probe = LayerProbe(state.model)
        self.questions = Questions(context)
        self.settings = plan_settings(state, context)
        self.next_look = self.next_line = self.next_frame = self.next_asking = 0.0
        self.is_watched = self.is_paused = self.is_stopped = False
        self.steps_to_take = 0
        self.can_show = True
        """Whether a pass of its own can be made through the network."""
        self.tick = 0
        self.whole_layers: frozenset[str] = frozenset()
        self.chosen_item: int | None = None
        self.item_row, self.item_until = 0, 0.0
        self.since = (state.epoch, 0.0, 0.0, 0)
        """Epoch, summed loss, correct and items at the last line of numbers."""
        self.items_taken = 0
        self.marks: deque[tuple[float, int]] = deque(maxlen=LINES_OF_SPEED)
        """Time and items taken at the latest lines."""
        self.pace = Pace()
        self.progress: StepProgress | None = None
        self.progress_step = 0
        self.latest: dict[str, Any] = {}
        self.prepare_folder()

    def prepare_folder(self) -> None:
        """Make the folder, without the wishes of an earlier sitting."""
        folder = self.folder
        folder.wishes.mkdir(parents=True, exist_ok=True)
        for left in folder.wishes.iterdir():
            left.unlink(missing_ok=True)
        folder.end_last_line()
        for change in self.state.changes:
            if change.step <= self.state.total_steps:
                self.settings[change.setting] = change.plain_value
        self.log({"kind": "state", "state": "training", "step": self.state.total_steps})

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line; a disk that is full does not end a training for it."""
        with contextlib.suppress(OSError), self.folder.log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def on_step(self, progress: StepProgress) -> None:
        """See `Callbacks`: look for wishes, write what is due, and wait while paused."""
        self.progress, self.progress_step = progress, self.state.total_steps
        self.items_taken += progress.batch_size
        self.pace.note_step(progress.elapsed, progress.epoch, progress.batch_size)
        now = time.perf_counter()
        if now >= self.next_look or self.is_paused:
            self.look()
            self.next_look = now + LOOK_SECONDS
            if now >= self.next_line or not self.latest:
                self.note_numbers(progress)
        if self.is_watched and now >= self.next_frame:
            self.write_frame()
        if self.is_paused:
            if self.steps_to_take:
                self.steps_to_take -= 1
            if not self.steps_to_take:
                self.wait()

    def on_epoch(self, state: TrainingState) -> None:
        """See `Callbacks`: a wish to stop may come during the validation."""
        self.look()

    def should_stop(self) -> bool:
        """See `Callbacks`."""
        return self.is_stopped

    def close(self, end: End) -> None:
        """Write the last frame, and how the training ended."""
        if self.progress is not None:
            if self.progress_step == self.state.total_steps:  # else a step failed on its way
                self.note_numbers(self.progress)
            self.write_frame(asks=True, end=end)
        self.log({"kind": "state", "state": end, "step": self.state.total_steps})

    def wait(self) -> None:
        """Wait until the watcher lets the training go on, take a step, or stop."""
        began = time.perf_counter()
        self.log({"kind": "state", "state": "paused", "step": self.state.total_steps})
        if self.progress is not None:
            self.note_numbers(self.progress)
        self.write_frame(asks=True)
        while self.is_paused and not self.steps_to_take and not self.is_stopped:
            time.sleep(LOOK_SECONDS / 2)
            if self.look():
                self.write_frame(asks=True)
        self.state.paused_seconds += time.perf_counter() - began
        self.marks.clear()
        if not self.is_paused and not self.is_stopped:
            self.log({"kind": "state", "state": "training", "step": self.state.total_steps})

    def look(self) -> bool:
        """Take the wishes that came, and see whether somebody watches; whether there were any."""
        self.is_watched = self.folder.is_watched()
        try:
            names = sorted(os.listdir(self.folder.wishes))
        except OSError:  # somebody removed the folder
            return False
        taken = False
        for name in names:
            if not name.endswith(".json"):
                continue
            taken = True
            path = self.folder.wishes / name
            answer = {"name": path.stem, "step": self.state.total_steps}
            try:
                written: Any = None
                written = read_json(path)
                self.log({**self.take(parse_wish(written)), **answer, "wish": written})
            except UsageError as error:
                self.log({"kind": "refused", **answer, "wish": written, "message": str(error)})
            except OSError:  # somebody took it back
                continue
            with contextlib.suppress(OSError):
                path.unlink()
        return taken

    def take(self, wish: Command | SetSetting | Show) -> dict[str, Any]:
        """Do what a watcher asks for, and return the line of the log that says so.

        Raises `UsageError` for what cannot be done.
        """
        match wish:
            case Command(kind="pause"):
                self.is_paused = True
            case Command(kind="go"):
                self.is_paused = False
            case Command(kind="step"):
                self.is_paused = True
                self.steps_to_take += 1
            case Command():
                self.is_stopped = True
            case SetSetting():
                return self.change(wish)
            case Show():
                self.whole_layers = frozenset(wish.layers)
                self.show_item(wish.item)
        return {"kind": "taken"}

    def change(self, wish: SetSetting) -> dict[str, Any]:
        """Note a change, first of all in the run folder, so that a kill cannot lose it."""
        change = make_change(self.state, self.context, wish.setting, wish.value)
        append_change(self.folder.run, change)
        self.state.changes.append(change)
        self.settings[change.setting] = change.plain_value
        if change.setting == "batch_size":
            self.pace.note_change()
        return {"kind": "change", "setting": change.setting, "value": change.plain_value}

    def show_item(self, number: int | None) -> None:
        """Show an item from now on; raises `UsageError` for one that does not train."""
        if number is not None:
            row = int(self.items.split.train.searchsorted(number))
            if row == len(self.items.split.train) or self.items.split.train[row] != number:
                raise UsageError(
                    f"Item {number} is not in the training split, and others are not shown while "
                    "a training can be steered."
                )
            self.item_row = row
        self.chosen_item = number
        self.next_frame = 0.0

    def note_numbers(self, progress: StepProgress) -> None:
        """Write a line of the numbers since the last one."""
        now = time.perf_counter()
        self.next_line = now + (WATCHED_LINE_SECONDS if self.is_watched else LINE_SECONDS)
        loss, correct = float(progress.loss), float(progress.correct)
        epoch, loss_before, correct_before, seen_before = self.since
        if epoch != progress.epoch:
            loss_before, correct_before, seen_before = 0.0, 0.0, 0
        count = progress.seen - seen_before
        if not count and self.latest:  # nothing new since
            return
        self.since = (progress.epoch, loss, correct, progress.seen)
        self.marks.append((now, self.items_taken))
        (began, taken), (ended, last) = self.marks[0], self.marks[-1]
        self.latest = {
            "step": self.state.total_steps,
            "epoch": progress.epoch,
            "loss": finite((loss - loss_before) / max(count, 1)),
            "accuracy": finite((correct - correct_before) / max(count, 1)),
            "lr": self.state.lr,
            "items_per_second": (last - taken) / (ended - began) if ended > began else 0.0,
            "seconds": self.state.elapsed,
            "seconds_left": self.seconds_left(),
        }
        self.log({"kind": "tick", **self.latest})

    def seconds_left(self) -> float | None:
        """Return how long the training may still take; None where nothing says so.

        It is less if its patience ends it, which nobody knows before.
        """
        plan, state, count = self.context.plan, self.state, len(self.context.train)
        seconds = plan.time_budget - state.elapsed
        if math.isfinite(plan.epochs):
            epochs = plan.epochs - state.epoch
            expected = self.pace.seconds_for(
                items=epochs * count - state.items_seen,
                epochs=epochs,
                validation_items=len(self.context.validation),
            )
            seconds = seconds if expected is None else min(seconds, expected)
        return max(seconds, 0.0) if math.isfinite(seconds) else None

    def write_frame(self, *, asks: bool = False, end: End | None = None) -> None:
        """Write what this moment shows; validation items if they are due, or with `asks`."""
        began = time.perf_counter()
        if asks or began >= self.next_asking:
            self.questions.ask(self.state.model)
            self.next_asking = began + ASKING_SECONDS
        pictures, pixels = self.show(began)
        self.tick += 1
        epochs = self.context.plan.epochs
        header = {
            "tick": self.tick,
            **self.latest,
            "epochs": epochs if math.isfinite(epochs) else None,
            "state": end or ("paused" if self.is_paused else "training"),
            "settings": self.settings,
            "classes": self.context.contract.class_names,
            **pictures,
        }
        with contextlib.suppress(OSError):  # a full disk does not end a training for a picture
            temporary = self.folder.frame.with_name(".frame.bin")
            temporary.write_bytes(encode_frame(header, pixels))
            temporary.replace(self.folder.frame)
        took = time.perf_counter() - began
        self.next_frame = began + max(FRAME_SECONDS, took / FRAME_SHARE)

    def show(self, now: float) -> tuple[dict[str, Any], NDArray[np.uint8]]:
        """Return the pictures of a frame, and their atlas."""
        train, contract = self.context.train, self.context.contract
        if self.chosen_item is None and now >= self.item_until:
            self.item_row = (self.item_row + 1) % len(train)
            self.item_until = now + ITEM_SECONDS
        values, labels = train.take(torch.tensor([self.item_row], device=train.labels.device))
        label, number = int(labels), int(self.items.split.train[self.item_row])
        seen: Pass | None = None
        if self.can_show:
            try:
                seen = self.probe.run(contract.normalise(values), label, self.whole_layers)
            except RuntimeError as error:  # of autograd, for networks of the user's own
                self.can_show = False
                message = f"The layers of this network cannot be shown: {error}"
                self.log({"kind": "refused", "wish": None, "message": message})
        atlas = Atlas()
        pictures = {
            "item": add_item(atlas, self.items, number, label, seen),
            "tests": add_tests(atlas, self.items, self.questions),
            "layers": [] if seen is None else add_layers(atlas, seen, self.whole_layers),
        }
        return pictures, atlas.pixels()


def plan_settings(state: TrainingState, context: TrainingContext) -> dict[str, float | None]:
    """Return the settings that can be steered, None for those that this optimiser does not have."""
    settings: dict[str, float | None] = {}
    for name in STEERED_SETTINGS:
        settings[name] = getattr(context.plan, name)
        try:
            if name == "momentum":
                state.optimizer.require_momentum()
            elif name == "weight_decay":
                state.optimizer.require_weight_decay()
        except UsageError:
            settings[name] = None
    return settings


def finite(value: float) -> float | None:
    """Return a number that JSON can hold; None for infinity and what is no number."""
    return value if math.isfinite(value) else None
