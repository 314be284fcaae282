"""The course of a training, read on from its run folder."""

import json
import struct
from pathlib import Path
from typing import Any

from noonbit.live.folder import LiveFolder
from noonbit.studio.language import Speech
from noonbit.studio.watch.course import MOST_NOTES, MOST_TICKS, Course, Ticks, minutes
from noonbit.studio.watch.curves import chart

EN = Speech("en")


def tick(step: int, epoch: int = 1, **more: Any) -> dict[str, Any]:
    return {"kind": "tick", "step": step, "epoch": epoch, "loss": 1.5, "accuracy": 0.5, **more}


def course_of(folder: Path, *lines: dict[str, Any]) -> Course:
    live = LiveFolder(folder)
    live.wishes.mkdir(parents=True)
    append(live, *lines)
    return Course(live)


def append(live: LiveFolder, *lines: dict[str, Any]) -> None:
    with live.log.open("a") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def test_what_is_new_is_read_and_nothing_twice(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(1), tick(2))
    course.read()
    append(course.live, tick(3), {"kind": "state", "state": "paused", "step": 3})
    course.read()
    assert [row["step"] for row in course.ticks.rows] == [1, 2, 3]
    assert course.state == "paused"


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(1))
    with course.live.log.open("a") as file:
        file.write('{"kind": "tick", "st')
    course.read()
    with course.live.log.open("a") as file:
        file.write('ep": 2, "epoch": 1}\n')
    course.read()
    assert [row["step"] for row in course.ticks.rows] == [1, 2]


def test_a_resumed_training_forgets_the_steps_that_it_repeats(tmp_path: Path) -> None:
    changes = [{"kind": "change", "setting": "momentum", "value": 0.5, "step": k} for k in (40, 60)]
    course = course_of(tmp_path)
    append(course.live, *map(tick, range(1, 41)), changes[0])
    append(course.live, *map(tick, range(41, 61)), changes[1], *map(tick, range(61, 100)))
    course.read()
    append(course.live, {"kind": "state", "state": "training", "step": 50})
    course.read()
    assert [row["step"] for row in course.ticks.rows] == [*range(1, 51)]
    assert [note["step"] for note in course.notes] == [40]
    append(course.live, tick(51))
    course.read()
    assert [row["step"] for row in course.ticks.rows] == [*range(1, 52)]


def test_a_long_training_is_thinned_evenly_and_keeps_its_end() -> None:
    ticks = Ticks()
    for step in range(1, 100_001):
        ticks.add(tick(step))
    steps = [row["step"] for row in ticks.rows]
    assert MOST_TICKS / 2 <= len(steps) <= MOST_TICKS
    assert len({after - before for before, after in zip(steps, steps[1:], strict=False)}) == 1
    assert steps[-1] > 100_000 - ticks.every
    assert ticks.latest is not None
    assert ticks.latest["step"] == 100_000


def test_many_changes_do_not_fill_the_memory(tmp_path: Path) -> None:
    change = {"kind": "change", "setting": "learning_rate", "value": 0.1}
    course = course_of(tmp_path, *({**change, "step": step} for step in range(1000)))
    course.read()
    assert len(course.notes) == MOST_NOTES
    assert course.notes[-1]["step"] == 999


def test_numbers_that_are_none_are_dashes(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(1, lr=0.01, items_per_second=1234.5))
    assert set(course.numbers(EN).values()) == {"–"}
    append(course.live, {**tick(2), "loss": None})
    course.read()
    numbers = course.numbers(EN)
    assert (numbers["epoch"], numbers["loss"], numbers["accuracy"]) == ("1", "–", "50.0%")


def test_the_forecast_of_the_latest_tick_is_the_progress(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(1, seconds=30.0, seconds_left=90.0))
    text = json.dumps({"epochs": 4}).encode()
    course.live.frame.write_bytes(struct.pack("<I", len(text)) + text)
    course.read()
    assert course.share == 0.25
    assert course.numbers(EN)["left"] == "1:30"
    assert course.numbers(EN)["epoch"] == "1 / 4"


def test_a_damaged_frame_leaves_the_last_numbers(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(1))
    for content in (b"", b"\x01", struct.pack("<I", 2**31), struct.pack("<I", 2) + b"{]"):
        course.live.frame.write_bytes(content)
        course.read()
        assert course.share == 0.0


def test_the_validation_stands_at_the_step_of_its_epochs_end(tmp_path: Path) -> None:
    course = course_of(tmp_path, tick(5), tick(10), tick(15, epoch=2))
    (tmp_path / "history.csv").write_text("epoch,loss,val_loss\n1,1.0,0.75\n")
    course.read()
    training, validation = chart("loss", course, EN)["series"]
    assert training["data"] == [(5, 1.5), (10, 1.5), (15, 1.5)]
    assert validation["data"] == [(10, 0.75)]
    assert validation["showSymbol"] and not training["showSymbol"]


def test_a_long_training_has_a_line_without_marks_and_steps_that_do_not_overlap(
    tmp_path: Path,
) -> None:
    course = course_of(tmp_path, *(tick(step, epoch=step) for step in range(1, 101)))
    rows = "".join(f"{epoch},1.0,0.75\n" for epoch in range(1, 101))
    (tmp_path / "history.csv").write_text(f"epoch,loss,val_loss\n{rows}")
    course.read()
    options = chart("loss", course, EN)
    assert len(options["series"][1]["data"]) > 90
    assert not options["series"][1]["showSymbol"]
    assert options["xAxis"]["axisLabel"]["hideOverlap"]


def test_times_are_read_at_a_glance() -> None:
    assert [minutes(each) for each in (0, 6.2, 750, 3725)] == ["0:00", "0:07", "12:30", "1:02:05"]
