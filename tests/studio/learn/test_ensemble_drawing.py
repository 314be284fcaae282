"""The drawing of an ensemble has the figures that stand elsewhere."""

import re
import tomllib

from noonbit.course.experiments.experiment import load_experiment
from noonbit.course.path.program import FOLDER
from noonbit.studio.learn.ensemble_drawing import ACCURACIES


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"99\.\d\d", text)]


def test_the_documents_accuracies_are_those_of_the_experiment() -> None:
    members, ensemble = ACCURACIES["document"]
    for language in load_experiment("lab-ensemble").says:
        assert [*members, ensemble] == numbers(language)


def test_noonbits_accuracies_are_those_that_were_measured() -> None:
    measured = tomllib.loads((FOLDER / "measured.toml").read_text(encoding="utf-8"))
    ensemble_part, members_part = measured["lab-ensemble"][0].split("members")
    members, ensemble = ACCURACIES["noonbit"]
    assert list(members) == numbers(members_part)
    assert ensemble == numbers(ensemble_part)[0]
