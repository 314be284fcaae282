"""Members trained by processes of their own."""

import os

import pytest

from noonbit.errors import DataError, Interrupted, NoonbitError, TrainingDiverged
from noonbit.member import Task, error_of
from noonbit.recipe import Recipe
from noonbit.side_by_side import places


def test_each_worker_has_cores_of_its_own_where_nobody_else_wants_them(monkeypatch):
    monkeypatch.setattr(os, "getloadavg", lambda: (0.3, 5.0, 5.0), raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {1, 2, 5, 7, 8}, raising=False)
    assert places(2, 2) == [{1, 2}, {5, 7}]
    assert places(5, 1) == [{1}, {2}, {5}, {7}, {8}]
    monkeypatch.setattr(os, "getloadavg", lambda: (1.2, 0.0, 0.0), raising=False)
    assert places(2, 2) == [set(), set()]


def test_workers_are_not_pinned_where_they_would_share_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1}, raising=False)
    assert places(3, 1) == [set(), set(), set()]
    monkeypatch.delattr(os, "sched_getaffinity")
    assert places(2, 1) == [set(), set()]


def test_a_task_reaches_another_process_whole(tmp_path):
    task = Task(2, 7, "mnist", Recipe(model="mlp", seed=3, fold="2/7"), tmp_path / "2", tmp_path)
    assert Task.of_dict(task.as_dict()) == task
    assert Task.of_dict(task.as_dict()).recipe.given() == task.recipe.given()


@pytest.mark.parametrize(
    ("exit_code", "kind"),
    [(3, DataError), (6, TrainingDiverged), (130, Interrupted), (1, NoonbitError)],
)
def test_a_member_s_error_keeps_its_exit_code(exit_code, kind):
    error = error_of(exit_code, "Member 2 of 7: no.")
    assert type(error) is kind
    assert error.exit_code == exit_code
