"""The documentation's commands are commands, and its links lead somewhere."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from paths import PROJECT

from noonbit.cli.main import COMMANDS, app, name_default_pretrained
from noonbit.runs import stored_run

KOREAN = sorted((PROJECT / "docs" / "ko").glob("*.md"))
PAGES = [PROJECT / "README.md", *KOREAN]
BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(noonbit [^`]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(PROJECT))


def commands_of(page: Path) -> Iterator[str]:
    """The commands of noonbit in a page: of its blocks of code, and between backticks."""
    text = page.read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for line in block.splitlines():
            for part in line.split("&&"):
                if part.strip().startswith("noonbit "):
                    yield part.strip()
    yield from INLINE.findall(BLOCK.sub("", text).replace("\n", " "))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_the_documentation_is_understood(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # some flags look for the place of a file
    commands = list(commands_of(page))
    assert commands or page.name == "path.md"
    for command in commands:
        words = shlex.split(command, comments=True)[1:]
        assert words[0] in COMMANDS
        if len(words) > 1:  # else it speaks of the command in general
            words = name_default_pretrained(words)
            app.parse_args(words, exit_on_error=False, print_error=False)  # raises for wrong flags


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_the_documentation_leads_to_a_file(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [one for one in targets if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", ["docs/runs.md", "docs/ko/runs.md"])
def test_the_files_of_a_run_folder_are_all_documented(page: str) -> None:
    named = re.findall(r"^      (\S+)  ", str(stored_run.__doc__), re.MULTILINE)
    assert "learning_curve.json" in named
    text = (PROJECT / page).read_text(encoding="utf-8")
    assert [name for name in named if f"`{name}`" not in text] == []


def test_korean_and_english_pages_lead_to_each_other() -> None:
    assert "(docs/ko/README.md)" in (PROJECT / "README.md").read_text(encoding="utf-8")
    for page in KOREAN:
        english = PROJECT / "README.md" if page.stem == "README" else page.parents[1] / page.name
        if english.exists():
            target = "../../README.md" if page.stem == "README" else f"../{page.name}"
            assert f"[English]({target})" in page.read_text(encoding="utf-8")
