"""Keep the run folder up to date while a training goes on."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

from noonbit.config.plan import Plan
from noonbit.runs.checkpoint import save_checkpoint
from noonbit.runs.run import Run
from noonbit.runs.stored_run import CHECKPOINT
from noonbit.runs.timed_steps import TimedStepsFile
from noonbit.training.setup import PreparedTraining
from noonbit.training.state import Callbacks, StepProgress, TrainingState
from noonbit.training.steering import steps_per_epoch

CHECKPOINT_SECONDS = 10.0
"""A checkpoint is written after an epoch if the last one is older, which bounds the lost work."""


class RunRecorder(Callbacks):
    """Writes history, timed steps and checkpoints, and forwards the callbacks to the observers."""

    def __init__(
        self,
        run: Run,
        state: TrainingState,
        plan: Plan,
        observers: Sequence[Callbacks],
        should_stop: Callable[[], bool],
    ) -> None:
        self.run, self.observers, self.asks_to_stop = run, observers, should_stop
        self.saved_at = time.monotonic()
        is_timed = plan.time_budget < math.inf
        self.timed_steps = TimedStepsFile(run.path, state) if is_timed else None

    def on_step(self, progress: StepProgress) -> None:
        """Write what the clock decided for the step, and forward it."""
        if self.timed_steps is not None:
            self.timed_steps.append()
        for observer in self.observers:
            observer.on_step(progress)

    def close(self) -> None:
        """Close the file of timed steps."""
        if self.timed_steps is not None:
            self.timed_steps.close()

    def on_epoch(self, state: TrainingState) -> None:
        """Write the history, and a checkpoint if the last one is old; forward the epoch."""
        self.run.write_history(state.history)
        for observer in self.observers:
            observer.on_epoch(state)
        if time.monotonic() - self.saved_at >= CHECKPOINT_SECONDS:
            save_checkpoint(self.run.path / CHECKPOINT, state)
            self.saved_at = time.monotonic()

    def should_stop(self) -> bool:
        """Whether a signal or an observer asks to stop."""
        return self.asks_to_stop() or any(each.should_stop() for each in self.observers)


def time_budget_result(prepared: PreparedTraining) -> dict[str, Any]:
    """Return what a time budget held, for run.json; nothing for a training without one."""
    state, plan = prepared.state, prepared.context.plan
    if math.isinf(plan.time_budget):
        return {}
    if state.epoch >= plan.epochs:
        ended_by = "epochs"
    else:
        ended_by = "patience" if state.epoch - state.best_epoch >= plan.patience else "time"
    return {
        "time_budget": {
            "seconds": plan.time_budget,
            "spent_seconds": state.elapsed,
            "steps": len(state.timed_steps),
            "steps_per_epoch": steps_per_epoch(len(prepared.context.train), plan.batch_size),
            "last_lr": state.history[-1].lr,
            "highest_lr": plan.learning_rate,
            "ended_by": ended_by,
            "too_short_to_validate": len(prepared.context.validation) > 0
            and not state.history[-1].is_validated,
        }
    }
