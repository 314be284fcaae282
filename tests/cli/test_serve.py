"""noonbit serve RUN|model.onnx; what it does while it serves is in tests/serve/test_server.py."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from noonbit.cli import serve as command
from noonbit.cli.main import run

Fails = Callable[..., str]


@pytest.fixture
def error_of(capsys: pytest.CaptureFixture[str]) -> Fails:
    """Runs a command that fails with an exit code, and returns its one line."""

    def fail(code: int, *arguments: str) -> str:
        assert run(["serve", *arguments]) == code
        (line,) = capsys.readouterr().err.splitlines()
        return line

    return fail


def test_a_file_that_is_no_network_is_refused(tmp_path: Path, error_of: Fails) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no network")
    assert "is no ONNX file that can be run" in error_of(4, str(path), "--port", "0")


def test_what_is_not_there_is_said(tmp_path: Path, error_of: Fails) -> None:
    assert "is not a run" in error_of(4, str(tmp_path), "--port", "0")


def test_others_may_ask_only_with_a_key(
    tmp_path: Path, error_of: Fails, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NOONBIT_API_KEY", raising=False)
    line = error_of(2, str(tmp_path), "--host", "0.0.0.0")
    assert "set the variable NOONBIT_API_KEY" in line
    monkeypatch.setenv("NOONBIT_API_KEY", "")
    assert error_of(2, str(tmp_path), "--host", "0.0.0.0") == line


@pytest.mark.parametrize(
    "flags", [("--port", "65536"), ("--port", "-1"), ("--max-batch", "0"), ("--timeout", "0")]
)
def test_numbers_out_of_range_are_refused(error_of: Fails, flags: tuple[str, str]) -> None:
    assert "Must be" in error_of(2, "run", *flags)


def test_a_missing_package_is_named(error_of: Fails, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MODULES", ("onnxruntime", "no_such_package"))
    assert error_of(7, "run") == (
        "error: noonbit serve needs no_such_package: python -m pip install 'noonbit[serve]'."
    )


def test_importing_the_server_loads_neither_pytorch_nor_training() -> None:
    code = "import sys, noonbit.serve.app, noonbit.serve.server, noonbit.serve.exported, \
noonbit.cli.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"noonbit.serve.app", "uvicorn"} <= loaded
    assert not loaded & {"torch", "sklearn", "pandas", "matplotlib"}
