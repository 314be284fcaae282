"""Members trained by threads of one process."""

import threading

import pytest

from noonbit.config.recipe import Recipe
from noonbit.errors import DataError, InputRefused, Interrupted, TrainingDiverged
from noonbit.jobs.member import MemberTraining, SharedSource
from noonbit.jobs.observer import Observer
from noonbit.jobs.parallel import train_in_parallel
from noonbit.runs.run import Run

RECIPE = Recipe(model="mlp", epochs=1, threads=1)


class Noting(Observer):
    """Records the calls, and the threads that made them."""

    def __init__(self) -> None:
        self.epochs: list[tuple[int, int, int]] = []
        self.finished: list[int] = []
        self.threads: set[threading.Thread] = set()

    def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
        self.threads.add(threading.current_thread())
        self.epochs.append((number, epoch, epochs))

    def on_member_end(self, number: int, count: int, member: Run) -> None:
        self.threads.add(threading.current_thread())
        self.finished.append(number)


def tasks(tmp_path, *recipes: Recipe) -> list[MemberTraining]:
    """A member for each recipe."""
    return [
        MemberTraining(number, len(recipes), recipe, tmp_path / f"{number}")
        for number, recipe in enumerate(recipes, start=1)
    ]


def test_the_calling_thread_is_told_of_every_epoch_and_member(tmp_path):
    observer = Noting()
    recipes = [RECIPE.model_copy(update={"seed": seed}) for seed in range(3)]
    source = SharedSource("digits", None)
    train_in_parallel(tasks(tmp_path, *recipes), 2, source, observer, lambda: False)
    assert sorted(observer.epochs) == [(1, 1, 1), (2, 1, 1), (3, 1, 1)]
    assert sorted(observer.finished) == [1, 2, 3]
    assert observer.threads == {threading.current_thread()}


def test_a_member_that_fails_stops_the_others_and_no_more_begin(tmp_path):
    wrong = RECIPE.model_copy(update={"learning_rate": 1e6, "optimizer": "sgd"})
    long = RECIPE.model_copy(update={"epochs": 10_000})
    members = tasks(tmp_path, wrong, long, RECIPE)
    with pytest.raises(TrainingDiverged, match="Member 1 of 3: The .*loss became"):
        train_in_parallel(members, 2, SharedSource("digits", None), Observer(), lambda: False)
    assert (tmp_path / "2/checkpoint.safetensors").exists()
    assert not (tmp_path / "3").exists()


def test_a_wish_to_stop_reaches_every_member(tmp_path):
    observer = Noting()
    long = RECIPE.model_copy(update={"epochs": 10_000})
    with pytest.raises(Interrupted):
        train_in_parallel(
            tasks(tmp_path, long, long),
            2,
            SharedSource("digits", None),
            observer,
            lambda: bool(observer.epochs),
        )
    assert all((tmp_path / f"{number}/checkpoint.safetensors").exists() for number in (1, 2))


def test_an_observer_that_fails_leaves_nothing_running(tmp_path):
    class Failing(Observer):
        """Cannot show an epoch."""

        def on_member_epoch(self, number: int, epoch: int, epochs: int) -> None:
            raise OSError("the terminal is gone")

    before = threading.active_count()
    long = RECIPE.model_copy(update={"epochs": 10_000})
    with pytest.raises(OSError, match="the terminal is gone"):
        train_in_parallel(
            tasks(tmp_path, long), 2, SharedSource("digits", None), Failing(), lambda: False
        )
    assert threading.active_count() == before
    assert (tmp_path / "1/checkpoint.safetensors").exists()


def test_a_source_is_opened_once_for_members_whose_items_are_split_alike():
    source = SharedSource("digits", None)
    first = source.load(RECIPE)
    assert source.load(RECIPE.model_copy(update={"seed": 1, "augment": "shift=1"})) is first
    other = source.load(RECIPE.model_copy(update={"fold": "2/3"}))
    assert other is not first
    assert len(other.split.validation) != len(first.split.validation)


@pytest.mark.parametrize(
    "error", [DataError("It is cut off."), InputRefused("It", "is cut off"), Interrupted("It.")]
)
def test_a_member_s_error_is_of_its_own_kind(tmp_path, monkeypatch, error):
    def fails(source: SharedSource, observer: Observer) -> None:
        raise error

    monkeypatch.setattr(
        MemberTraining, "start_or_resume", lambda task, source, observer: fails(source, observer)
    )
    (task,) = tasks(tmp_path, RECIPE)
    with pytest.raises(type(error)) as raised:
        task.run(SharedSource("digits", None), Observer(), lambda: False)
    named = "" if isinstance(error, Interrupted) else "Member 1 of 1: "
    assert str(raised.value).startswith(f"{named}It")
