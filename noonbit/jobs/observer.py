"""What a training or an ensemble tells whoever shows it: a display, a notebook, a test."""

from noonbit.config.plan import Plan
from noonbit.data.prepared import Items
from noonbit.evaluation.metrics import Evaluation
from noonbit.runs.run import Run
from noonbit.training.loop import Epoch, State, Step


class Observer:
    """What a training tells while it goes on; the displays override what they show."""

    def began(self, run: Run, items: Items, plan: Plan, state: State) -> None:
        """Everything is decided and the next step follows; `state` tells a resumed training."""

    def stepped(self, step: Step) -> None:
        """A step is done."""

    def finished_epoch(self, row: Epoch, plan: Plan, is_best: bool) -> None:
        """An epoch is done and validated."""

    def measured(self, run: Run, evaluation: Evaluation) -> None:
        """The test split was measured."""

    def began_members(self, run: Run, items: Items) -> None:
        """The members of the ensemble `run` are about to be trained, or gone on with."""

    def member_epoch(self, number: int, epoch: int, epochs: int) -> None:
        """A member, numbered from 1, is done with one of its epochs."""

    def finished_member(self, number: int, count: int, member: Run) -> None:
        """One of `count` members is finished and measured, now or before a stop."""
