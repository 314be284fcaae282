"""A network that learned from one corner is explained by that corner, through a whole run."""

import json
from pathlib import Path

import numpy as np
import pytest
from corner_network import CORNER, SIDE, share_within
from PIL import Image

from noonbit.config.recipe import Recipe
from noonbit.errors import DataError, InputRefused, UsageError
from noonbit.explain.picture import PictureExplanation
from noonbit.jobs.train import train
from noonbit.runs.folder import load_run
from noonbit.runs.run import Run

NETWORK = """
title = "two convolutions"
[[layers]]
kind = "conv"
filters = 8
size = 3
padding = "same"
[[layers]]
kind = "relu"
[[layers]]
kind = "conv"
filters = 8
size = 3
padding = "same"
[[layers]]
kind = "relu"
[[layers]]
kind = "global_pool"
how = "average"
"""


@pytest.fixture(scope="module")
def corner_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Grey noise with stripes in the upper left corner, down or across: a class each."""
    folder = tmp_path_factory.mktemp("corner")
    labels = np.arange(160) % 2
    images = np.random.default_rng(0).integers(112, 130, (160, SIDE, SIDE))
    stripes = 60 * (np.arange(CORNER) // 2 % 2)
    images[labels == 0, :CORNER, :CORNER] += stripes
    images[labels == 1, :CORNER, :CORNER] += stripes[:, None]
    np.savez(folder / "corner.npz", images=images.astype(np.uint8), labels=labels)
    (folder / "net.toml").write_text(NETWORK)
    recipe = Recipe(
        model=str(folder / "net.toml"), epochs=8, threads=1, optimizer="adam", learning_rate=0.01
    )
    return train(str(folder / "corner.npz"), recipe, out=folder / "run")


def explain(run: Run, item: object, **settings: object) -> PictureExplanation:
    explanation = run.explain(item, **settings)  # type: ignore[arg-type]
    assert isinstance(explanation, PictureExplanation)
    return explanation


def test_both_maps_lie_in_the_corner_by_which_the_classes_differ(corner_run: Run) -> None:
    assert corner_run.evaluation is not None and corner_run.evaluation.accuracy == 1
    for item in corner_run.split.test[:4].tolist():
        explanation = explain(corner_run, item)
        assert explanation.answer.explained == explanation.answer.label
        for values in explanation.maps.values():
            # Stripes lie 8 pixels deep, and both filters and squares reach 4 beyond.
            assert share_within(values, CORNER + 4) > 0.9


def test_a_training_picture_is_most_like_itself(corner_run: Run) -> None:
    item = int(corner_run.split.train[3])
    explanation = explain(corner_run, item, top=3)
    assert [each.item for each in explanation.nearest][0] == item
    assert explanation.nearest[0].similarity == pytest.approx(1)
    assert {each.label for each in explanation.nearest} == {explanation.answer.label}
    assert explanation.compared == len(corner_run.split.train)
    np.testing.assert_array_equal(explanation.nearest_pixels[0], explanation.pixels)


def test_a_file_an_array_and_an_item_are_explained_alike(corner_run: Run, tmp_path: Path) -> None:
    item = int(corner_run.split.test[0])
    pixels = corner_run.items().values[item]
    Image.fromarray(pixels[0]).save(tmp_path / "picture.png")
    of_item = explain(corner_run, item)
    for given in (tmp_path / "picture.png", str(tmp_path / "picture.png"), pixels[0]):
        explanation = explain(corner_run, given)
        for method, values in of_item.maps.items():
            np.testing.assert_allclose(explanation.maps[method], values, atol=1e-5)
        assert explanation.answer.label is None and explanation.answer.item is None


def test_another_class_can_be_asked_about(corner_run: Run) -> None:
    explanation = explain(corner_run, int(corner_run.split.test[0]), method="occlusion")
    (other,) = set(corner_run.class_names) - {explanation.answer.explained}
    against = explain(corner_run, explanation.answer.item, method="occlusion", class_name=other)
    assert list(against.maps) == ["occlusion"]
    np.testing.assert_allclose(against.maps["occlusion"], -explanation.maps["occlusion"], atol=1e-4)
    with pytest.raises(UsageError, match="There is no class 'cat' among the 2 of this network."):
        explain(corner_run, 0, class_name="cat")


def test_what_is_said_holds_in_words_and_in_json(corner_run: Run, tmp_path: Path) -> None:
    explanation = explain(corner_run, int(corner_run.split.test[0]))
    lines = explanation.lines()
    assert lines[0].startswith(f"answer      {explanation.answer.explained} ")
    assert any(line.startswith("occlusion ") and "% of the odds" in line for line in lines)
    assert f"like it     of {explanation.compared} training pictures:" in lines
    explanation.save(tmp_path / "why.json")
    stored = json.loads((tmp_path / "why.json").read_text())
    assert stored["maps"].keys() == {"grad-cam", "occlusion"}
    np.testing.assert_allclose(
        stored["maps"]["occlusion"]["values"], explanation.maps["occlusion"], atol=1e-4
    )
    assert [each["name"] for each in stored["layers"]] == [each.name for each in explanation.layers]


def test_it_is_drawn_with_the_maps_the_classes_and_the_nearest(
    corner_run: Run, tmp_path: Path
) -> None:
    explanation = explain(corner_run, int(corner_run.split.test[0]))
    explanation.save(tmp_path / "why.png")
    with Image.open(tmp_path / "why.png") as picture:
        assert picture.width > 3 * 200 and picture.height > 400
        colours = np.asarray(picture).reshape(-1, 3).astype(int)
    assert (colours[:, 0] > colours[:, 2] + 150).any(), "what speaks for the class is red"
    assert explanation.draw_layers().height > 40 * len(explanation.layers)
    with pytest.raises(UsageError, match=r"why.jpg ends in '.jpg'; .* in a .png or .json.$"):
        explanation.save(tmp_path / "why.jpg")


def test_dense_networks_have_occlusion_and_say_why_there_is_no_more(digits_run: Run) -> None:
    explanation = explain(digits_run, 5)
    assert list(explanation.maps) == ["occlusion"]
    assert explanation.notes == [
        "There is no Grad-CAM: the network has no convolution over positions."
    ]
    with pytest.raises(UsageError, match="Take the method occlusion"):
        explain(digits_run, 5, method="grad-cam")


def test_an_ensemble_says_how_many_answer(digits_ensemble: Run) -> None:
    explanation = explain(digits_ensemble, 5)
    assert explanation.members == 3
    assert "members     3; Grad-CAM and likeness are their means" in explanation.lines()


def test_without_its_data_a_run_still_explains(
    corner_run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> None:
        raise DataError("corner.npz is gone.")

    again = load_run(corner_run.path)
    pixels = corner_run.items().values[0][0]
    monkeypatch.setattr(again, "items", gone)
    explanation = explain(again, pixels)
    assert explanation.maps and not explanation.nearest and not explanation.compared
    assert explanation.notes == ["The training pictures are not compared: corner.npz is gone."]
    assert explanation.draw().height > 300


def test_what_is_not_one_picture_is_refused_in_a_sentence(corner_run: Run, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no item 160; the data have items 0 to 159."):
        explain(corner_run, 160)
    with pytest.raises(UsageError, match="One picture is explained at a time; 2 were given."):
        explain(corner_run, np.zeros((2, SIDE, SIDE), np.uint8))
    (tmp_path / "text.txt").write_text("a sentence\n")
    with pytest.raises(InputRefused, match="is no picture, which this network takes"):
        explain(corner_run, tmp_path / "text.txt")
    folder = tmp_path / "two"
    folder.mkdir()
    for name in ("a.png", "b.png"):
        Image.new("L", (SIDE, SIDE)).save(folder / name)
    with pytest.raises(UsageError, match="holds 2 pictures, and one is explained at a time: name"):
        explain(corner_run, folder)
