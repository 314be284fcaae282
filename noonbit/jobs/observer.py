"""What a training or an ensemble tells whoever shows it: a display, a notebook, a test."""

from noonbit.config.plan import Plan
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.metrics import Evaluation
from noonbit.runs.run import Run
from noonbit.training.state import Callbacks, TrainingState


class Observer(Callbacks):
    """The loop's callbacks and those of a whole job; override what you want to show."""

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState) -> None:
        """Everything is decided and the first step follows; `state` tells a resumed training."""

    def on_evaluate(self, run: Run, evaluation: Evaluation) -> None:
        """The test split was measured."""

    def on_ensemble_start(self, run: Run, items: PreparedDataset) -> None:
        """The members of the ensemble `run` are about to be trained, or to go on."""

    def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
        """A member, numbered from 1, is done with one of its epochs."""

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        """One of `count` members is finished and measured, now or before a stop."""
