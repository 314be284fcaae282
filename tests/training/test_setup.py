"""What is prepared before the first step."""

from pathlib import Path

from small_jobs import write_small

from noonbit.config.recipe import Recipe
from noonbit.data.prepared import load
from noonbit.runs.metadata import training_metadata
from noonbit.system.runtime import Runtime
from noonbit.training.setup import prepare_training


def test_a_training_counts_the_parameters_as_the_source_of_its_network_does(tmp_path: Path) -> None:
    recipe = Recipe(model="sign-cnn", image_size=28)
    items = load(write_small(tmp_path / "small.npz"), recipe, data_dir=None)
    prepared = prepare_training(items, recipe, Runtime.start(threads=1))
    summary = prepared.summary
    values = sum(parameter.numel() for parameter in prepared.state.model.parameters())
    assert summary.batch_norm_statistics > 0
    assert summary.parameters == values + summary.batch_norm_statistics
    metadata = training_metadata(items, prepared, python=False, data_dir=None)
    assert metadata["model"]["parameters"] == summary.parameters
