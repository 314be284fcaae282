"""A network that is being built: what it costs, what does not fit, and where it is kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from noonbit.config.recipe import Recipe
from noonbit.data.prepared import load
from noonbit.errors import UsageError
from noonbit.jobs.forecast import forecast_network
from noonbit.models.layer_file import KINDS, LayerFile
from noonbit.models.layer_table import REASONS
from noonbit.studio.network.draft import NEW_LAYERS, Draft, Target, saved_networks
from noonbit.studio.network.texts import KOREAN_REASONS
from noonbit.system.multiply_rate import multiply_adds_per_second


def test_every_kind_of_a_file_can_be_added_and_fits_somewhere() -> None:
    assert set(NEW_LAYERS) == set(KINDS)
    draft = Draft([])
    for kind in ("conv", "norm", "relu", "pool", "global_pool", "dropout", "flatten", "dense"):
        draft.add(kind)
    rows, misfit = draft.check(Target())
    assert misfit is None
    assert [row.is_added for row in rows] == [False] * 8 + [True]


def test_every_reason_is_said_in_korean_too() -> None:
    assert set(KOREAN_REASONS) == set(REASONS)


def test_the_rows_before_the_layer_that_does_not_fit_are_known() -> None:
    draft = Draft()
    draft.add("dense")
    draft.add("relu")
    rows, misfit = draft.check(Target())
    assert [row.number for row in rows] == [1, 2, 3]
    assert misfit is not None and (misfit.number, misfit.reason) == (4, "needs_row")
    draft.add("flatten")
    draft.move(5, -1)
    draft.move(4, -1)
    rows, misfit = draft.check(Target())
    assert misfit is None and len(rows) == len(draft.layers) + 1


def test_what_is_moved_beyond_the_ends_stays() -> None:
    draft = Draft()
    before = list(draft.layers)
    draft.move(0, -1)
    draft.move(2, 1)
    assert draft.layers == before


def test_a_setting_is_changed_or_refused_in_words() -> None:
    draft = Draft()
    draft.change(0, "filters", 24.0)
    assert draft.layers[0].words == "conv 24 of 3x3, padding same"
    with pytest.raises(UsageError, match="Layer 1, conv: filters should be from 1 to 65,536"):
        draft.change(0, "filters", 0.0)
    draft.change(2, "stride", 1.0)
    assert draft.layers[2].words == "max pool of 2x2, stride 1"
    draft.change(2, "stride", None)
    assert draft.layers[2].words == "max pool of 2x2"


def test_an_address_keeps_the_layers() -> None:
    draft = Draft()
    draft.add("dropout")
    assert Draft.from_query(draft.to_query()).layers == draft.layers


def test_a_saved_network_is_opened_by_its_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draft = Draft()
    draft.add("flatten")
    path = draft.save("mine")
    assert [path] == saved_networks()
    assert Draft.open("mine").layers == draft.layers
    (tmp_path / "elsewhere.toml").write_text(path.read_text())
    for name in ("../elsewhere", str(tmp_path / "elsewhere"), "other"):
        with pytest.raises(UsageError, match="No network was saved as"):
            Draft.open(name)


@pytest.mark.parametrize("text", ["", "{}", "[3]", '[{"kind":"lstm"}]', "[" * 9999, "[0]" * 201])
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Draft.from_query(text)


def test_a_network_is_saved_as_a_file_that_is_read_and_nothing_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    draft = Draft()
    first = draft.save("My network")
    assert draft.save("My network") == first
    file = LayerFile.parse(first.read_text(), origin=str(first))
    assert (list(file.layers), file.title) == (draft.layers, "My network")
    draft.add("relu")
    assert draft.save("My network") == first.with_name(f"{first.stem}-2.toml")
    assert LayerFile.parse(first.read_text(), origin="it") == file


@pytest.mark.parametrize("name", ["../../evil", "/etc/passwd", "", ".", "a/b:c", "\0", "가" * 300])
def test_a_name_is_never_a_path(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Draft().save(name)
    assert path.resolve().parent == tmp_path / "networks" and path.suffix == ".toml"


def test_a_draft_costs_what_the_same_network_of_the_catalogue_costs() -> None:
    items = load("digits", Recipe(), data_dir=None)
    forecast = forecast_network("lab-cnn", items, Recipe())
    target = Target(
        image=(8, 8, 1),
        classes=10,
        train=len(items.split.train),
        validation=len(items.split.validation),
        difficulty=items.difficulty,
        rate=multiply_adds_per_second(),
    )
    draft = Draft([])
    for filters in (32, 64):
        draft.add("conv")
        draft.change(len(draft.layers) - 1, "filters", filters)
        draft.add("pool")
        draft.add("relu")
    rows, _ = draft.check(target)
    seconds = target.seconds(rows)
    assert seconds is not None
    # lab-cnn has no biases, and is otherwise the same.
    assert seconds == pytest.approx((forecast.seconds_per_epoch, forecast.seconds), rel=0.01)


@pytest.mark.parametrize("act", [lambda draft: draft.add("relu")])
def test_there_is_an_end(act: Callable[[Draft], None]) -> None:
    draft = Draft([])
    for _ in range(200):
        act(draft)
    with pytest.raises(UsageError, match="At most 200 layers"):
        act(draft)
