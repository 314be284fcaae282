"""Flags of commands that take numbers refuse what no number of theirs can be."""

import pytest

from noonbit.cli import main


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("byhand --learning-rate inf", "It should be above 0 and at most 1,000,000."),
        ("byhand --learning-rate nan", "It should be above 0 and at most 1,000,000."),
        ("byhand --epochs 9223372036854775808", "It should be from 1 to 1,000,000."),
        ("gradcheck mlp --classes 9223372036854775808", "It should be from 2 to 100,000."),
        ("summary mlp --classes 9223372036854775808", "It should be from 1 to 100,000."),
        ("summary mlp --batch-size 9223372036854775808", "It should be from 1 to 10,000,000."),
        ("evaluate --fail-under 1e400", "It should be above 0 and at most 1."),
    ],
)
def test_a_number_that_cannot_be_is_refused_with_the_range(
    command: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(command.split()) == 2
    assert sentence in capsys.readouterr().err
