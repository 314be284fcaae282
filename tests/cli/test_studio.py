"""noonbit studio"""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from running_server import wait_until
from running_studio import running_studio

import noonbit.cli.studio
from noonbit.errors import MissingExtra


def test_it_prints_its_address_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    with running_studio(tmp_path) as studio:
        assert studio.client.get("/train").status_code == 200
    assert studio.process.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("browser", [True, False])
def test_the_browser_is_opened_unless_it_is_not_wanted(
    browser: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, program, folder = (tmp_path / name for name in ("opened", "browser", "folder"))
    program.write_text(f'#!/bin/sh\necho "$1" > {opened}.new && mv {opened}.new {opened}\n')
    program.chmod(0o755)
    folder.mkdir()
    monkeypatch.setenv("BROWSER", f"{program} %s")
    with running_studio(folder, browser=browser) as studio:
        if browser:
            wait_until(opened.exists)
            assert opened.read_text().strip().rstrip("/") == studio.url
        assert studio.client.get("/train").status_code == 200  # takes longer than to open one
    assert opened.exists() == browser


def test_a_port_in_use_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "noonbit", "studio", "--no-browser", "--port", str(port)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
    assert done.returncode == 2
    assert f"Port {port} of 127.0.0.1 is in use." in done.stderr
    assert done.stdout == ""


def test_a_missing_extra_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noonbit.cli.studio, "MODULES", ("nicegui_of_nobody",))
    with pytest.raises(MissingExtra, match=r"needs nicegui_of_nobody: .*noonbit\[studio\]"):
        noonbit.cli.studio.studio(browser=False)


def test_its_process_imports_no_pytorch(tmp_path: Path) -> None:
    code = (
        "import sys; from noonbit.studio.app import create_app; "
        "from noonbit.studio.settings import StudioSettings; create_app(StudioSettings()); "
        "print({'torch', 'sklearn', 'scipy', 'matplotlib', 'pyarrow'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout.strip() == "set()"
