"""The callbacks of a job: for displays, notebooks and tests."""

from noonbit.config.plan import Plan
from noonbit.data.prepared import PreparedDataset
from noonbit.evaluation.metrics import Evaluation
from noonbit.jobs.training_forecast import TrainingForecast
from noonbit.runs.run import Run
from noonbit.training.state import Callbacks, TrainingState


class Observer(Callbacks):
    """The callbacks of the training loop and of a whole job; override what you need."""

    def on_start(self, run: Run, items: PreparedDataset, plan: Plan, state: TrainingState) -> None:
        """Called before the first step; `state` is past step 0 in a resumed training."""

    def on_forecast(self, forecast: TrainingForecast) -> None:
        """Called before the first step of a training of one network, unless it is a short one."""

    def on_features(self, done: int, count: int) -> None:
        """Called after `done` of `count` pictures passed a pretrained network, by any thread."""

    def on_evaluate(self, run: Run, evaluation: Evaluation) -> None:
        """Called after the test split was evaluated."""

    def on_ensemble_start(self, run: Run, items: PreparedDataset) -> None:
        """Called before the members of the ensemble `run` are trained, or resumed."""

    def on_member_epoch(self, number: int, epoch: int, epochs: float) -> None:
        """Called after an epoch of a member, numbered from 1."""

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        """Called for each of `count` members that is finished, now or before a resume."""
