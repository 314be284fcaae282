"""The harness makes the same inputs every time, and finds faults that are planted in a reader."""

import mmap
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.fuzz import ENVIRONMENT, Corpus, list_cases, only_case, prepare_source, run_cases
from benchmarks.fuzzing.isolation import Command, Limits, Outcome, finish, is_one_json_value, start
from benchmarks.fuzzing.run_folders import read_files
from benchmarks.fuzzing.samples import SAMPLES
from benchmarks.fuzzing.structure import CODE, change_document
from noonbit.data.readers.registry import Format, register_format
from noonbit.errors import UsageError

pytestmark = [
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux"),
    pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning"),
]
FORMATS = ("idx", "npz", "pixels.csv", "json-lines", "zip", "boxes-voc")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    samples = {name: SAMPLES[name].make() for name in FORMATS}
    return Corpus(7, samples, {}, tmp_path_factory.mktemp("no-runs"), {"check": 1})


def met(folder: Path, read: Callable[[], object], limits: Limits) -> Outcome:
    """What the harness notes of a check whose reader does what `read` does."""

    def prepare(folder: Path) -> list[str]:
        planted = Format(
            "planted", lambda listing: True, lambda listing: read(), lambda listing, _: read()
        )
        register_format(planted)  # in the child alone
        (folder / "a.bin").write_bytes(b"a")
        return ["check", str(folder / "a.bin")]

    command = Command(folder / "input", prepare)
    _, status = os.waitpid(start([command], limits), 0)
    outcome = finish(command, status)
    assert outcome is not None
    return outcome


def hang() -> None:
    while True:
        pass


def fill_memory() -> None:
    """Take new memory: what Python allocates may lie where earlier tests have freed some."""
    np.frombuffer(mmap.mmap(-1, 100 * 2**20), np.uint8).fill(1)


@pytest.mark.parametrize(
    ("read", "fault"),
    [
        (hang, "hang in "),
        (fill_memory, "memory: 0.1 GB at its peak"),
        (os.abort, "SIGABRT in "),
        (lambda: sys.exit(3), "SystemExit left noonbit"),
        (lambda: Path("../elsewhere").write_text("a"), "written outside: '../elsewhere'"),
        (lambda: subprocess.run(["true"]), "executed: subprocess.Popen"),
        (lambda: eval(CODE), "executed: text of the input"),
    ],
)
def test_a_fault_of_a_reader_is_found(
    read: Callable[[], object], fault: str, tmp_path: Path
) -> None:
    seconds = 1.0 if read is hang else 60.0  # a busy machine is no hang
    outcome = met(tmp_path, read, Limits(seconds, memory_bytes=50 * 2**20))
    assert any(each.startswith(fault) for each in outcome.faults), outcome.faults


def test_a_sentence_at_the_boundary_is_counted_and_no_fault(tmp_path: Path) -> None:
    outcome = met(tmp_path, lambda: [][1], Limits())
    assert (outcome.exit_code, outcome.faults) == (3, [])
    assert outcome.boundary.startswith("IndexError in noonbit/data/readers/registry.py")


def test_the_same_seed_makes_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    made = []
    for again in range(2):
        place = tmp_path / str(again)
        for number in range(30):
            rng = random.Random(f"7-{number}")
            prepare_source(place / str(number), number, corpus, rng)
        made.append(read_files(place))
    assert made[0] == made[1] and len(made[0]) > 60


@pytest.mark.parametrize("name", ["hdf5-usps", "matlab", "npz-floats", "parquet-pixels", "tar.gz"])
def test_a_sample_has_the_same_bytes_every_time(name: str) -> None:
    if not SAMPLES[name].is_available():
        pytest.skip("its library is not installed")
    assert SAMPLES[name].make() == SAMPLES[name].make()


@pytest.mark.slow  # .ci/run meets 2,000
def test_thirty_inputs_are_all_met_in_children_that_share_them(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    cases = list_cases(30, 0)
    seen = {
        str(case): outcome
        for case, _, outcome in run_cases(cases, corpus, tmp_path, Limits(seconds=60), 2)
    }
    assert sorted(seen, key=int) == [str(number) for number in range(30)]
    assert {fault for outcome in seen.values() for fault in outcome.faults} == set()
    assert {outcome.exit_code for outcome in seen.values()} >= {0, 3}


def test_a_document_changes_in_one_place() -> None:
    texts = {change_document({"a": [1, {"b": "c"}]}, random.Random(k))[0] for k in range(40)}
    assert len(texts) > 20


@pytest.mark.parametrize(
    ("printed", "exit_code", "fits"),
    [('{"a": 1}\n', 0, True), ('{"a": NaN}', 0, False), ("1\n2\n", 0, False), ("", 0, False)]
    + [("", 3, True), ("note\n{}", 5, False)],
)
def test_stdout_is_one_value_of_the_json_standard(printed: str, exit_code: int, fits: bool) -> None:
    assert is_one_json_value(printed, exit_code) is fits


def test_the_number_of_an_input_is_read_and_others_are_refused() -> None:
    assert (str(only_case("17")), str(only_case("r17"))) == ("17", "r17")
    with pytest.raises(UsageError, match="--only x7 is no number"):
        only_case("x7")
