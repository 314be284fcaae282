"""Commands of the documents' programs: begun, found again, stopped."""

import signal
import time
from pathlib import Path

import pytest

from noonbit.course.path.program import all_places
from noonbit.errors import UsageError
from noonbit.studio.learn.commands import CourseCommands, Said, pictures_of, training_order


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CourseCommands:
    monkeypatch.chdir(tmp_path)
    return CourseCommands()


def wait(commands: CourseCommands, name: str) -> Said:
    while (said := commands.find(name)) is None or said.is_running:
        time.sleep(0.05)
    return said


def test_what_a_command_said_is_found_by_any_studio(commands: CourseCommands) -> None:
    assert commands.find("D2-1-quick") is None
    commands.begin("D2-1-quick", "noonbit arithmetic 4x4 --kernel 2", None, "en")
    said = wait(commands, "D2-1-quick")
    assert "output             3x3x1" in said.lines and said.error is None
    again = CourseCommands().find_latest("D2-2-quick", "D2-1-quick")
    assert again == ("D2-1-quick", said)


def test_an_error_is_its_sentence_and_the_data_folder_is_handed_on(
    commands: CourseCommands, tmp_path: Path
) -> None:
    commands.begin("D0-1-full", "noonbit show mnist", tmp_path / "nothing-here", "en")
    said = wait(commands, "D0-1-full")
    assert said.error is not None and not said.pictures
    assert "nothing-here" in "\n".join(said.lines) or "mnist" in said.error


def test_a_command_that_runs_is_not_begun_twice_and_can_be_stopped(
    commands: CourseCommands,
) -> None:
    commands.begin("D4-9-quick", "noonbit byhand --source digits --epochs 100000", None, "en")
    with pytest.raises(UsageError, match="is running; wait until it ends, or stop it"):
        commands.begin("D4-9-quick", "noonbit byhand --source digits", None, "en")
    while not any("test accuracy" in line for line in commands.find("D4-9-quick").lines):  # type: ignore[union-attr]
        time.sleep(0.05)
    commands.stop("D4-9-quick")
    assert wait(commands, "D4-9-quick").error == "Interrupted."
    commands.stop("D4-9-quick")  # of what has ended: nothing
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_trainings_of_the_path_are_orders_that_can_be_watched() -> None:
    order = training_order("noonbit train digits --config cnn --epochs 3")
    assert order is not None and order.flags() == ["digits", "--config=cnn", "--epochs=3"]
    assert training_order("noonbit train digits --model mlp --members 3") is None
    assert training_order("noonbit show digits") is None
    for place in all_places():
        for text in (place.program.command, place.program.quick_command):
            training_order(text)


def test_only_pictures_below_the_working_directory_are_shown(
    commands: CourseCommands, tmp_path: Path
) -> None:
    (tmp_path / "own picture.png").write_bytes(b"png")
    (tmp_path / "large.png").write_bytes(bytes(2**22 + 1))
    outside = tmp_path.parent / "outside.png"
    outside.write_bytes(b"png")
    lines = [
        "picture  own picture.png",
        "sheet    large.png",
        f"picture  {outside}",
        "picture  ../outside.png",
        "picture  missing.png",
        "next     noonbit show",
    ]
    assert pictures_of(lines) == (tmp_path / "own picture.png",)


def test_a_command_speaks_the_language_of_the_page(commands: CourseCommands) -> None:
    commands.begin("D0-4-full", "noonbit reproduce --of 혼동행렬", None, "ko")
    said = wait(commands, "D0-4-full")
    assert "D0  Keras로 배우는 MNIST" in said.lines and said.error is None
