"""What a training shows while it goes on: a bar on a terminal, a line an epoch elsewhere."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from noonbit.errors import plural
from noonbit.evaluate import Evaluation
from noonbit.fit import Epoch, State, Step, steps_per_epoch
from noonbit.items import Items
from noonbit.job import Observer
from noonbit.recipe import Plan
from noonbit.run import Run

BAR_SECONDS = 0.2
"""Between two readings of the loss: each one waits for the device."""
QUIET_SECONDS = 30.0
"""A long epoch says that it lives this often, where there is no bar."""


class LineDisplay(Observer):
    """A line an epoch on stderr: for logs, files and CI."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.epochs = 0
        self.spoke = time.monotonic()

    def say(self, text: str) -> None:
        """One line, at once."""
        self.spoke = time.monotonic()
        print(text, file=self.stream, flush=True)

    def began(self, run: Run, items: Items, plan: Plan, state: State) -> None:
        self.epochs = plan.epochs
        for line in introduction(run, items, plan):
            self.say(line)
        if state.epoch or state.step:
            self.say(f"resumed  after epoch {state.epoch}, step {state.step}")

    def stepped(self, step: Step) -> None:
        if time.monotonic() - self.spoke >= QUIET_SECONDS:
            seen = step.step * step.batch_size
            self.say(
                f"epoch {step.epoch}/{self.epochs}  step {step.step:,}/{step.steps:,}  "
                f"loss {step.loss.item() / seen:.4f}"
            )

    def finished_epoch(self, row: Epoch, plan: Plan, is_best: bool) -> None:
        self.say(epoch_line(row, plan, is_best))

    def measured(self, run: Run, evaluation: Evaluation) -> None:
        self.say(headline(evaluation))


class BarDisplay(LineDisplay):
    """The same lines, and below them a bar with loss, accuracy, images/s and the time left."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self.task = self.progress.add_task("train", total=None, epoch="1", figures="")
        self.read = time.monotonic()
        self.started = time.monotonic()
        self.done_before = 0

    def say(self, text: str) -> None:
        self.progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def began(self, run: Run, items: Items, plan: Plan, state: State) -> None:
        super().began(run, items, plan, state)
        self.progress.start()
        self.started = time.monotonic()
        self.done_before = (
            state.epoch * steps_per_epoch(len(items.split.train), plan.batch_size) + state.step
        )

    def stepped(self, step: Step) -> None:
        now = time.monotonic()
        if now - self.read < BAR_SECONDS:
            return
        self.read = now
        done = (step.epoch - 1) * step.steps + step.step
        seen = step.step * step.batch_size
        speed = (done - self.done_before) * step.batch_size / (now - self.started)
        self.progress.update(
            self.task,
            completed=done,
            total=self.epochs * step.steps,
            epoch=f"{step.epoch}/{self.epochs}",
            figures=f"loss {step.loss.item() / seen:.4f}  accuracy "
            f"{step.correct.item() / seen:.4f}  {speed:,.0f} images/s",
        )

    def measured(self, run: Run, evaluation: Evaluation) -> None:
        self.progress.stop()
        super().measured(run, evaluation)


@contextmanager
def display() -> Iterator[Observer]:
    """The display that suits stderr."""
    if not sys.stderr.isatty():
        yield LineDisplay(sys.stderr)
        return
    bar = BarDisplay(sys.stderr)
    try:
        yield bar
    finally:
        bar.progress.stop()


def introduction(run: Run, items: Items, plan: Plan) -> list[str]:
    """What is about to happen, each derived setting with its reason."""
    data, framing, split = items.data, items.framing, items.split
    lines = [
        f"data     {data.source}: {data.format}, "
        f"{plural(len(data.class_names), 'class', 'classes')}, "
        f"{framing.height}x{framing.width}x{framing.channels}",
        f"split    {len(split.train):,} train, {len(split.validation):,} validation, "
        f"{len(split.test):,} test (test: {split.reasons['test']})",
    ]
    lines += [f"note     {note}" for note in data.notes]
    lines += [f"left out {item}" for item in items.bad[:5]]
    if len(items.bad) > 5:
        lines.append(f"left out {len(items.bad) - 5:,} more; `noonbit check` lists them")
    findings = run.record["data"]["findings"]
    lines += [f"{finding['severity']:<8} {finding['title']}" for finding in findings]
    if findings:
        lines.append(f"         `noonbit check {data.source}` says more")
    model = run.record["model"]
    lines.append(
        f"model    {model['name']}: {model['parameters']:,} parameters, "
        f"{model['multiply_adds'] / 1e6:,.1f} M multiply-adds an image"
    )
    machine = run.record["machine"]
    shown = {
        "epochs": plan.epochs,
        "batch_size": plan.batch_size,
        "optimizer": plan.optimizer,
        "learning_rate": f"{plan.learning_rate:g}",
        "schedule": plan.schedule,
        "weight_decay": f"{plan.weight_decay:g}",
        "label_smoothing": f"{plan.label_smoothing:g}",
        "augment": plan.augment,
        "precision": machine["precision"],
        "threads": machine["threads"],
        "device": machine["device"],
    }
    for name, value in shown.items():
        reason = run.record["reasons"].get(name)
        lines.append(f"  {name} {value}" + (f" ({reason})" if reason else ""))
    return lines


def epoch_line(row: Epoch, plan: Plan, is_best: bool) -> str:
    """One epoch in one line, in the words that Keras made usual."""
    validated = f"val_loss {row.val_loss:.4f}  val_accuracy {row.val_accuracy:.4f}  "
    return (
        f"epoch {row.epoch}/{plan.epochs}  {row.seconds:.1f} s  "
        f"loss {row.loss:.4f}  accuracy {row.accuracy:.4f}  "
        + ("" if math.isnan(row.val_loss) else validated)
        + f"{row.images_per_second:,.0f} images/s"
        + ("  best" if is_best else "")
    )


def headline(evaluation: Evaluation) -> str:
    """The figure that matters, with its interval."""
    return (
        f"test     {evaluation.accuracy:.2%} of {evaluation.images:,} images right "
        f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
    )
