"""The page flags exactly what Python flags, by the same numbers."""

import json
import shutil
import subprocess
from importlib.resources import files

import numpy as np
import pytest

from noonbit.evaluation.out_of_distribution import OutOfDistributionRule

NODE = shutil.which("node")
SCRIPT = (files("noonbit.page") / "unfamiliar.js").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")


def run_script(expression: str, given: object) -> object:
    """Evaluate JavaScript beside the page's script, with `given` as a constant; one JSON value."""
    code = f'"use strict";\n{SCRIPT}\nconst given = {json.dumps(given)};\n'
    code += f"console.log(JSON.stringify({expression}));"
    done = subprocess.run([NODE, "-"], input=code, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.parametrize("classes", [2, 10, 1_000])
def test_flags_are_those_of_python(classes):
    random = np.random.default_rng(classes)
    probabilities = random.dirichlet(np.full(classes, 0.1), size=301).astype(np.float32)
    # An item's own highest probability: not below it, so the item is not flagged.
    threshold = float(np.median(probabilities.max(axis=1)))
    rule = OutOfDistributionRule(threshold=threshold, fitted_items=301, fitted_flagged=15)
    flags = run_script(
        "given.items.map((item) => isUnfamiliar(new Float32Array(item), [], given.rule))",
        {"items": probabilities.tolist(), "rule": rule.model_dump()},
    )
    assert flags == rule.flags(probabilities).tolist()
    assert sum(flags) == 150


def test_what_the_preparation_finds_unlike_is_flagged_with_or_without_a_rule():
    never = OutOfDistributionRule(threshold=0, fitted_items=300, fitted_flagged=0)
    expression = """[["unlike"], ["resized", "blank"], ["resized"], []].map((done) =>
        [null, given].map((rule) => isUnfamiliar([0.7, 0.2, 0.1], done, rule)))"""
    assert run_script(expression, never.model_dump()) == [
        [True, True],
        [True, True],
        [False, False],
        [False, False],
    ]
