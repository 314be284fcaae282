"""noonbit ensemble, and the flags of noonbit train that make one."""

import json

import pytest

from noonbit.cli.main import run as command_line
from noonbit.jobs.ensemble import load_members
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run


def test_runs_become_one_on_the_command_line(digits_ensemble: Run, tmp_path, capsys):
    folders = [str(member.path) for member in load_members(digits_ensemble)]
    out = tmp_path / "together"
    assert (
        command_line(["ensemble", *folders, "--combine", "vote", "--out", str(out), "--json"]) == 0
    )
    printed = capsys.readouterr()
    result = json.loads(printed.out)
    assert result["run"] == str(out)
    assert result["model"] == "3 x mlp"
    assert [row["run"] for row in result["members"]] == folders
    assert {"gain_over_mean", "gain_over_best", "not_unanimous", "pairwise_disagreement"} < set(
        result
    )
    assert "gain     " in printed.err
    assert printed.err.splitlines()[-1].startswith("next     noonbit predict ")
    assert "noonbit ensemble " in (out / "report.html").read_text()


def test_members_are_trained_on_the_command_line(tmp_path, capsys):
    out = tmp_path / "run"
    words = "train digits --members 2 --combine vote --member-models mlp,lenet5 --epochs 1"
    assert command_line([*words.split(), "--threads", "1", "--out", str(out), "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["model"] == "mlp + lenet5"
    lines = printed.err.splitlines()
    assert (
        "members  2, combined by vote; one after another, 1 thread each (there is one thread)"
        in (lines)
    )
    assert any(line.startswith("member 2 of 2  ") and "lenet5, seed 1" in line for line in lines)
    run = load_run(out)
    assert run.metadata["model"]["combine"] == "vote"
    assert run.recipe.threads == 1
    assert "--members 2 --combine vote --member-models mlp,lenet5" in (
        (out / "report.html").read_text()
    )
    assert command_line(["evaluate", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == run.metadata["result"]["accuracy"]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ("train digits --members 1", 2, "--members should be from 2 to 1,000 (got '1')"),
        ("train digits --members 0", 2, "--members should be from 2 to 1,000 (got '0')"),
        ("train digits --combine sum", 2, "say of how many members with --members"),
        ("train digits --members 2 --combine mean", 2, "'sum', 'probabilities' or 'vote'"),
        ("train --resume RUN --members 2", 2, "continues a run as it was begun"),
        ("train --resume RUN", 2, "is finished; there is nothing to resume"),
        ("ensemble RUN/members/1", 2, "takes two runs or more"),
        ("ensemble RUN/members/1 RUN/members/1", 2, "is named twice"),
        ("ensemble RUN RUN/members/1", 4, "is an ensemble itself"),
        ("ensemble nowhere RUN", 4, "nowhere"),
    ],
)
def test_what_cannot_be_gets_one_sentence(words, code, sentence, digits_ensemble, capsys):
    arguments = [word.replace("RUN", str(digits_ensemble.path)) for word in words.split()]
    assert command_line(arguments) == code
    error = capsys.readouterr().err.splitlines()
    assert len(error) == 1
    assert error[0].startswith("error: ")
    assert sentence in error[0]
