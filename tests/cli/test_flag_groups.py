"""`noonbit train --help` prints every flag once, in the groups that docs/training.md has too."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from noonbit.cli.flag_groups import FLAG_GROUPS, print_in_groups
from noonbit.cli.main import app
from noonbit.config.ensemble import EnsembleSettings
from noonbit.config.recipe import Recipe

ROOT = Path(__file__).parents[2]


def all_flags() -> list[str]:
    """The flags that cyclopts parses, without the dashes."""
    arguments = app["train"].assemble_argument_collection().filter_by(show=True)
    return [a.name.removeprefix("--") for a in arguments if a.name.startswith("--")]


def help_text(capsys: pytest.CaptureFixture[str]) -> str:
    # A console of its own: the app keeps the first one, with the width of that moment.
    app.help_print(["train"], console=Console(width=100))
    return capsys.readouterr().out


def test_every_flag_is_in_exactly_one_group() -> None:
    grouped = [flag for flags in FLAG_GROUPS.values() for flag in flags]
    assert sorted(grouped) == sorted(all_flags())


@pytest.mark.parametrize("field", [*Recipe.model_fields, *EnsembleSettings.model_fields])
def test_every_setting_has_a_group(field: str) -> None:
    assert any(field.replace("_", "-") in flags for flags in FLAG_GROUPS.values())


def test_help_prints_the_groups_in_order_and_no_other(capsys) -> None:
    titles = re.findall(r"╭─ (.+?) ─+╮", help_text(capsys))
    assert titles == ["Arguments", *FLAG_GROUPS]


def test_help_prints_the_flags_of_a_group_in_order(capsys) -> None:
    printed = re.findall(r"^│ --([a-z-]+)", help_text(capsys), re.MULTILINE)
    assert printed == [flag for flags in FLAG_GROUPS.values() for flag in flags]


def test_help_keeps_each_setting_s_text_choices_and_default(capsys) -> None:
    printed = " ".join(re.sub(r"[│\s]+", " ", help_text(capsys)).split())
    for model in (Recipe, EnsembleSettings):
        for field in model.model_fields.values():
            assert " ".join(str(field.description).split()).replace("`", "") in printed
    assert "[choices: float32, bfloat16]" in printed
    assert "does not depend on it. [default: 0]" in printed
    assert "--member-folds --no-member-folds" in printed


def test_a_flag_without_a_group_is_printed_all_the_same(capsys) -> None:
    from cyclopts.help import HelpEntry, HelpPanel

    console = Console(width=100)
    panel = HelpPanel(
        format="parameter", title="Flags", entries=[HelpEntry(positive_names=("--brand-new",))]
    )
    print_in_groups(console, console.options, panel)
    assert re.search(r"─ Flags ─.*--brand-new", capsys.readouterr().out, re.DOTALL)


def test_the_documentation_has_the_same_groups_in_the_same_order() -> None:
    page = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
    sections = re.split(r"^### (.+)$", page, flags=re.MULTILINE)[1:]
    tables = dict(zip(sections[::2], sections[1::2], strict=True))
    documented = {
        title: tuple(re.findall(r"^\| `--([a-z-]+)", tables[title].split("\n## ")[0], re.MULTILINE))
        for title in tables
        if title in FLAG_GROUPS
    }
    assert documented == FLAG_GROUPS
    assert list(documented) == list(FLAG_GROUPS)
