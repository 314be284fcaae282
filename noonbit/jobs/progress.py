"""Display the progress of a training: a bar on a terminal, one line per epoch elsewhere."""

import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from noonbit.config.plan import Plan
from noonbit.data.prepared import PreparedDataset
from noonbit.errors import plural
from noonbit.evaluation.metrics import Evaluation
from noonbit.jobs.observer import Observer
from noonbit.jobs.training_forecast import TrainingForecast
from noonbit.models.catalogue import MODELS
from noonbit.runs.run import Run
from noonbit.runs.training_notes import (
    beginning_notes,
    few_tested_note,
    head_note,
    time_budget_note,
)
from noonbit.system.cpp_extension import describe_missing
from noonbit.terminal import escape_controls, shell_word, shorten_sentence
from noonbit.training.state import EpochMetrics, StepProgress, TrainingState
from noonbit.training.steering import steps_per_epoch

BAR_SECONDS = 0.2
"""Between two reads of the loss, each of which synchronises with the device."""
PHOTOGRAPH_SIDE = 64
"""Pixels a side; colour pictures that were larger, and are reduced to it, seem photographs."""
QUIET_SECONDS = 30.0
"""Without a bar, a long epoch prints a line this often."""


class LineDisplay(Observer):
    """Prints one line per epoch: for logs, files and CI."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.epochs: float = 0
        self.noun = "item"
        self.last_line_at = time.monotonic()

    def say(self, text: str) -> None:
        """Print a line; whatever names it holds, it is one and steers no terminal."""
        self.last_line_at = time.monotonic()
        self.print_line(escape_controls(shorten_sentence(text)))

    def print_line(self, line: str) -> None:
        """Print a line and flush."""
        print(line, file=self.stream, flush=True)

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState) -> None:
        self.epochs, self.noun = plan.epochs, items.preprocessor.noun
        for line in start_lines(run, items, plan):
            self.say(line)
        if state.epoch or state.step:
            self.say(f"resumed  after epoch {state.epoch}, step {state.step}")

    def on_step(self, progress: StepProgress) -> None:
        if time.monotonic() - self.last_line_at >= QUIET_SECONDS:
            self.say(
                f"epoch {place(progress.epoch, self.epochs)}  "
                f"step {progress.step:,}/{progress.steps:,}  "
                f"loss {progress.loss.item() / progress.seen:.4f}"
            )

    def on_epoch(self, state: TrainingState) -> None:
        row = state.history[-1]
        is_best = state.best_epoch == row.epoch
        self.say(epoch_line(row, self.epochs, self.noun, is_best=is_best))

    def on_forecast(self, forecast: TrainingForecast) -> None:
        self.say(f"forecast {forecast}")

    def on_features(self, done: int, count: int) -> None:
        if time.monotonic() - self.last_line_at >= QUIET_SECONDS:
            self.say(f"features {done:,} of {plural(count, self.noun)}")

    def on_evaluate(self, run: Run, evaluation: Evaluation) -> None:
        noun = run.contract.preprocessor.noun
        if (budget := run.metadata["result"].get("time_budget")) is not None:
            self.say(f"note     {time_budget_note(budget)}")
        if (head := head_note(run.metadata.get("pretrained", {}))) is not None:
            self.say(f"note     {head}")
        self.say(headline(evaluation, noun))
        if (note := few_tested_note(run)) is not None:
            self.say(f"note     {note}")
        if evaluation.shows_nothing_learned:
            self.say(nothing_learned_line(evaluation, noun))
        if run.is_ensemble:
            for line in gain_lines(run) if run.folds is None else fold_lines(run):
                self.say(line)

    def on_ensemble_start(self, run: Run, items: PreparedDataset) -> None:
        for line in (*data_lines(run, items), members_line(run)):
            self.say(line)

    def on_member_epoch(self, number: int, epoch: int, epochs: float) -> None:
        if time.monotonic() - self.last_line_at >= QUIET_SECONDS:
            self.say(f"member {number}  epoch {place(epoch, epochs)}")

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        self.say(member_line(number, count, member))


class BarDisplay(LineDisplay):
    """Prints the same lines, and below them a bar with loss, accuracy, speed and the time left."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.progress = Progress(
            TextColumn("{task.fields[place]}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self.task = self.progress.add_task("train", total=None, place="epoch 1", figures="")
        self.read_at = time.monotonic()
        self.started = time.monotonic()
        self.done_before = 0
        self.time_budget = math.inf
        self.members: dict[int, float] = {}
        """The share of finished epochs of each member."""

    def print_line(self, line: str) -> None:
        self.progress.console.print(Text(line), soft_wrap=True)

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState) -> None:
        super().on_start(run, items, plan, state)
        self.time_budget = plan.time_budget
        self.progress.start()
        self.started = time.monotonic()
        self.done_before = (
            state.epoch * steps_per_epoch(len(items.split.train), plan.batch_size) + state.step
        )

    def on_step(self, progress: StepProgress) -> None:
        now = time.monotonic()
        if now - self.read_at < BAR_SECONDS:
            return
        self.read_at = now
        done = (progress.epoch - 1) * progress.steps + progress.step
        speed = (done - self.done_before) * progress.batch_size / (now - self.started)
        if self.time_budget < math.inf:
            completed, total = progress.elapsed, self.time_budget  # shown as whole seconds
        else:
            completed, total = done, self.epochs * progress.steps
        self.progress.update(
            self.task,
            completed=completed,
            total=total,
            place=f"epoch {place(progress.epoch, self.epochs)}",
            figures=f"loss {progress.loss.item() / progress.seen:.4f}  accuracy "
            f"{progress.correct.item() / progress.seen:.4f}  {speed:,.0f} {self.noun}s/s",
        )

    def on_features(self, done: int, count: int) -> None:
        if time.monotonic() - self.read_at >= BAR_SECONDS:
            self.read_at = time.monotonic()
            self.progress.update(
                self.task, completed=done, total=count, place="features", figures=""
            )

    def on_evaluate(self, run: Run, evaluation: Evaluation) -> None:
        self.progress.stop()
        super().on_evaluate(run, evaluation)

    def on_ensemble_start(self, run: Run, items: PreparedDataset) -> None:
        super().on_ensemble_start(run, items)
        self.members = dict.fromkeys(range(1, len(run.metadata["model"]["members"]) + 1), 0.0)
        self.progress.start()
        self.show_members()

    def on_member_epoch(self, number: int, epoch: int, epochs: float) -> None:
        self.members[number] = epoch / epochs
        self.show_members()

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        super().on_member_end(number, count, member)
        self.members[number] = 1.0
        self.show_members()

    def show_members(self) -> None:
        """Set the bar to the progress of all members."""
        self.progress.update(
            self.task,
            completed=sum(self.members.values()),
            total=len(self.members),
            place="members",
            figures="",
        )


@contextmanager
def display() -> Iterator[Observer]:
    """Yield the display for stderr: a bar if it is a terminal."""
    if not sys.stderr.isatty():
        yield LineDisplay(sys.stderr)
        return
    bar = BarDisplay(sys.stderr)
    try:
        yield bar
    finally:
        bar.progress.stop()


def data_lines(run: Run, items: PreparedDataset) -> list[str]:
    """Return lines on the data, the split, the findings and the size of the model."""
    data, split = items.data, items.split
    lines = [
        f"data     {data.source}: {data.format}, "
        f"{plural(len(data.class_names), 'class', 'classes')}, "
        f"{items.preprocessor.describe()}{', decoded before' if items.from_cache else ''}",
        f"split    {len(split.train):,} train, {len(split.validation):,} validation, "
        f"{len(split.test):,} test (test: {split.reasons['test']})"
        + ("" if run.folds is None else "; the other folds in turn"),
    ]
    lines += [f"note     {note}" for note in data.notes]
    lines += [f"left out {item}" for item in items.bad[:5]]
    if len(items.bad) > 5:
        lines.append(f"left out {len(items.bad) - 5:,} more; `noonbit check` lists them")
    findings = run.metadata["data"]["findings"]
    lines += [f"{finding['severity']:<8} {finding['title']}" for finding in findings]
    if findings:
        lines.append(f"         `noonbit check {shell_word(data.source)}` says more")
    model = run.metadata["model"]
    lines.append(
        f"model    {model['name']}: {model['parameters']:,} parameters, "
        f"{model['multiply_adds'] / 1e6:,.1f} M multiply-adds for one {items.preprocessor.noun}"
    )
    entry = MODELS.get(model["name"])
    if entry is not None and (changes := entry.changes(items.preprocessor.size)):
        lines.append(f"note     the small-image form of {model['name']}: {changes}")
    return lines


def place(epoch: int, epochs: float) -> str:
    """Return `3/10`, or `3` if the time budget alone ends the training."""
    return f"{epoch}/{epochs}" if math.isfinite(epochs) else f"{epoch}"


def start_lines(run: Run, items: PreparedDataset, plan: Plan) -> list[str]:
    """Return the lines before the first step: data, and settings with their reasons."""
    lines = data_lines(run, items)
    machine = run.metadata["machine"]
    settings = {
        "epochs": plan.epochs,
        "time_budget": f"{plan.time_budget:g} s: the learning rate follows the time that is left",
        "batch_size": plan.batch_size,
        "optimizer": plan.optimizer,
        "learning_rate": f"{plan.learning_rate:g}",
        "schedule": plan.schedule,
        "weight_decay": f"{plan.weight_decay:g}",
        "label_smoothing": f"{plan.label_smoothing:g}",
        "augment": plan.augment,
        "precision": machine["precision"],
        "threads": machine["threads"],
        "engine": machine["engine"],
        "device": machine["device"],
    }
    if run.recipe.fits_head_alone:  # no step is taken
        settings = {name: settings[name] for name in ("threads", "device")}
    for name in ("epochs", "time_budget"):
        if math.isinf(getattr(plan, name)):
            settings.pop(name, None)
    for name, value in settings.items():
        reason = run.metadata["reasons"].get(name)
        lines.append(f"  {name} {value}" + (f" ({reason})" if reason else ""))
    lines += [f"warning  {sentence}" for sentence in run.metadata.get("warnings", [])]
    if (hint := photographs_hint(run, items)) is not None:
        lines.append(f"note     {hint}")
    notes = beginning_notes(run)
    if machine["device"] == "cpu" and (missing := describe_missing()) is not None:
        notes = [*notes, missing]
    return lines + [f"note     {sentence}" for sentence in notes]


def photographs_hint(run: Run, items: PreparedDataset) -> str | None:
    """Return what to try with photographs; None for other data, and where weights are borrowed."""
    preprocessor = items.preprocessor
    if (
        run.recipe.pretrained is not None
        or "initial" in run.metadata
        or preprocessor.input_kind != "pictures"
        or preprocessor.channels != 3
        or min(preprocessor.size) < PHOTOGRAPH_SIDE
        or 2 * len(items.adjusted.get("resized", ())) < len(items.labels)
    ):
        return None
    return (
        "photographs: --pretrained begins with what others learned; on 2,000 cats and dogs that "
        "gave 96.6 % instead of 88.6 %"
    )


def epoch_line(row: EpochMetrics, epochs: float, noun: str, *, is_best: bool) -> str:
    """Return the line of an epoch, with the names of metrics as in Keras."""
    validation = f"val_loss {row.val_loss:.4f}  val_accuracy {row.val_accuracy:.4f}  "
    return (
        f"epoch {place(row.epoch, epochs)}  {row.seconds:.1f} s  "
        f"loss {row.loss:.4f}  accuracy {row.accuracy:.4f}  "
        + ("" if math.isnan(row.val_loss) else validation)
        + f"{row.items_per_second:,.0f} {noun}s/s"
        + ("  best" if is_best else "")
    )


def members_line(run: Run) -> str:
    """Return the line on how many members are trained, and how they are combined."""
    model, training = run.metadata["model"], run.metadata["training"]
    at_once = training["at_once"]
    return (
        f"members  {len(model['members'])}, combined by {model['combine']}; "
        + (f"{at_once} side by side" if at_once > 1 else "one after another")
        + f", {plural(training['threads'], 'thread')} each ({training['reason']})"
    )


def member_line(number: int, count: int, member: Run) -> str:
    """One finished member in one line."""
    recipe, result = member.recipe, member.metadata["result"]
    facts = [str(recipe.model), f"seed {recipe.seed}"]
    if recipe.test_fold is not None:
        facts.append(f"tested by fold {recipe.test_fold}")
    if recipe.fold is not None:
        facts.append(f"fold {recipe.fold}")
    if "augment" not in member.metadata["reasons"]:
        facts.append(f"augment {recipe.augment}")
    return (
        f"member {number} of {count}  {result['accuracy']:.2%}  {', '.join(facts)}  "
        f"{result['train_seconds']:.1f} s"
    )


def gain_lines(run: Run) -> list[str]:
    """Return lines on the gain of an ensemble in percentage points, and the disagreement."""
    result, noun = run.metadata["result"], run.contract.preprocessor.noun

    def points(gain: dict[str, float]) -> str:
        value, low, high = (100 * gain[key] for key in ("gain", "low", "high"))
        return f"{value:+.2f} points (95 % interval {low:+.2f} to {high:+.2f})"

    best = result["members"][result["best_member"] - 1]["accuracy"]
    return [
        f"gain     {points(result['gain_over_mean'])} over the members' mean of "
        f"{result['members_mean_accuracy']:.2%}",
        f"         {points(result['gain_over_best'])} over the best of them, "
        f"member {result['best_member']} with {best:.2%}",
        f"members  disagree on {result['not_unanimous']:.2%} of the {noun}s; two of them on "
        f"{result['pairwise_disagreement']:.2%}",
    ]


def fold_lines(run: Run) -> list[str]:
    """Return lines on the accuracies of the folds of a cross-validation."""
    result = run.metadata["result"]
    shares = [fold["accuracy"] for fold in result["folds"]]
    return [
        f"         each by the network not trained on it; folds: mean "
        f"{result['folds_mean_accuracy']:.2%}, standard deviation "
        f"{100 * result['folds_standard_deviation']:.2f} points, "
        f"{min(shares):.2%} to {max(shares):.2%}",
        f"note     the run answers with its {len(shares)} networks together; how well, these items "
        "cannot tell, since each trained some of them",
    ]


def headline(evaluation: Evaluation, noun: str) -> str:
    """Return the line of the accuracy with its interval."""
    return (
        f"{evaluation.split:<8} {evaluation.accuracy:.2%} of "
        f"{plural(evaluation.items, noun)} right "
        f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
    )


def nothing_learned_line(evaluation: Evaluation, noun: str) -> str:
    """Return the line that says that the accuracy does not show any learning."""
    return (
        f"note     always answering the most frequent class would reach "
        f"{evaluation.most_frequent_share:.2%}; these {plural(evaluation.items, noun)} do not show "
        "that anything was learned"
    )
