"""A training on a CUDA device; run with -m gpu."""

from pathlib import Path

import pytest
import torch

from noonbit.config.recipe import Recipe
from noonbit.jobs.train import train


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_learns_what_a_cpu_learns(tmp_path: Path) -> None:
    accuracies = []
    for device in ("cpu", "cuda"):
        recipe = Recipe(model="mlp", epochs=3, threads=1, device=device, precision="float32")
        run = train("digits", recipe, out=tmp_path / device)
        assert (run.metadata["machine"]["device"] == "cpu") == (device == "cpu")
        accuracies.append(run.evaluation.accuracy)
    assert min(accuracies) > 0.8
    assert accuracies[1] == pytest.approx(accuracies[0], abs=0.03)
