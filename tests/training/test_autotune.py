"""The measurement of the fastest engine and precision."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hostile_files import DAMAGES, flip_byte, let_others_write, make_link, make_pipe

from noonbit.config.plan import Plan, PlanInputs, derive
from noonbit.config.recipe import Recipe
from noonbit.data.loader import TensorDataset
from noonbit.data.preprocess.contract import Contract
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.errors import UsageError
from noonbit.models.catalogue import build
from noonbit.system.private import read_value, store_value
from noonbit.system.runtime import Runtime
from noonbit.training import autotune
from noonbit.training.autotune import Choice, autotune_engine
from noonbit.training.state import TrainingContext

COUNT = 64
NOTHING = TensorDataset(torch.zeros(0, 1, 12, 12), torch.zeros(0, dtype=torch.int64))


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(autotune, "user_cache", lambda: tmp_path)
    return tmp_path


def tuned(
    recipe: Recipe,
    *,
    steps: int = 4000,
    model: str = "mlp",
    precision: str = "bfloat16",
    threads: int = 2,
) -> Runtime:
    pixels = np.random.default_rng(0).integers(0, 256, (COUNT, 1, 12, 12)).astype(np.uint8)
    train = TensorDataset(torch.from_numpy(pixels), torch.arange(COUNT) % 3)
    contract = Contract.fit(
        ImagePreprocessor(height=12, width=12, channels=1), pixels, ("a", "b", "c")
    )
    runtime = Runtime(torch.device("cpu"), threads, precision, {"threads": "two"})  # type: ignore[arg-type]
    return autotune_engine(
        build(model, 3, 1, (12, 12)),
        TrainingContext(contract, train, NOTHING, plan_of(recipe, model, steps), runtime),
        recipe,
    )


def plan_of(recipe: Recipe, model: str, steps: int) -> Plan:
    task = PlanInputs(model, COUNT, ("none", ""), 10**5, 0.1, "sgd")
    return replace(derive(recipe, task), batch_size=32, epochs=steps // 2)


def stored_choice(entry: Path) -> Choice:
    return Choice(**read_value(entry))


def test_a_long_training_takes_what_was_measured_fastest_and_says_so(own_cache: Path) -> None:
    runtime = tuned(Recipe())
    (entry,) = (own_cache / "engines").iterdir()
    choice = stored_choice(entry)
    assert (runtime.engine, runtime.precision) == (choice.engine, choice.precision)
    assert len(choice.images_per_second) == 8
    assert all(speed > 0 for speed in choice.images_per_second.values())
    assert runtime.reasons == {
        "threads": "two",
        "engine": "the fastest of 8 in a short measurement here",
        "precision": "the fastest of 8 in a short measurement here",
    }


def test_a_precision_that_had_no_rival_keeps_its_reason(own_cache: Path) -> None:
    runtime = tuned(Recipe(), precision="float32")
    assert runtime.reasons["engine"] == "the fastest of 4 in a short measurement here"
    assert "precision" not in runtime.reasons  # of the measurement; the machine gives its own


def test_the_same_training_is_not_measured_twice(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned(Recipe())
    (entry,) = (own_cache / "engines").iterdir()
    autotune.write_choice(entry, Choice("autograd", "float32", {"autograd float32": 1.0}))
    monkeypatch.delattr(autotune, "measure_candidates")
    runtime = tuned(Recipe())
    assert (runtime.engine, runtime.precision) == ("autograd", "float32")


def test_a_damaged_entry_is_measured_again(own_cache: Path) -> None:
    tuned(Recipe(engine="chain"))
    (entry,) = (own_cache / "engines").iterdir()
    flip_byte(entry)
    assert tuned(Recipe(engine="chain")).engine == "chain"
    assert stored_choice(entry).engine == "chain"


def test_only_a_choice_of_the_candidates_that_this_user_stored_is_read(tmp_path: Path) -> None:
    path = tmp_path / "own" / "choice.json"
    path.parent.mkdir(mode=0o700)
    candidates = [Runtime(torch.device("cpu"), 1, "float32", {}, engine="chain")]
    choice = Choice("chain", "float32", {"chain float32": 1.0})
    for value in (
        {"engine": "magic", "precision": "float32", "images_per_second": {}},
        {"engine": "graph", "precision": "float32", "images_per_second": {}},
        {"engine": "chain", "precision": "bfloat16", "images_per_second": {}},
        {"engine": "chain", "precision": "float32", "images_per_second": {"chain": math.nan}},
        {"engine": "chain", "precision": "float32", "images_per_second": {"chain": math.inf}},
        {"engine": "chain", "precision": "float32"},
        [],
        None,
    ):
        store_value(path, value)
        assert autotune.read_choice(path, candidates) is None
    for harm in (*DAMAGES, make_pipe, make_link, let_others_write):
        autotune.write_choice(path, choice)
        assert autotune.read_choice(path, candidates) == choice
        harm(path)
        assert autotune.read_choice(path, candidates) is None


def test_what_the_recipe_states_is_not_measured(own_cache: Path) -> None:
    runtime = tuned(Recipe(engine="autograd", precision="float32"), precision="float32")
    assert (runtime.engine, runtime.precision) == ("autograd", "float32")
    assert runtime.reasons == {"threads": "two"}
    assert not (own_cache / "engines").exists()


def test_a_stated_precision_leaves_the_engine_open(own_cache: Path) -> None:
    runtime = tuned(Recipe(precision="float32"), precision="float32")
    assert runtime.precision == "float32"
    assert set(runtime.reasons) == {"threads", "engine"}


def test_short_trainings_are_not_worth_a_measurement(own_cache: Path) -> None:
    runtime = tuned(Recipe(), steps=autotune.MIN_STEPS - 2)
    assert runtime.precision == "bfloat16"
    assert runtime.reasons["engine"] == "what usually is the fastest"
    assert not (own_cache / "engines").exists()


def test_a_cache_that_cannot_be_written_does_not_stop_a_training(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_cache / "engines").write_text("in the way")
    assert tuned(Recipe()).engine is not None


def test_an_engine_that_cannot_train_the_network_is_refused() -> None:
    with pytest.raises(
        UsageError, match="The engine chain-shares cannot train sign-cnn here; .*autograd can"
    ):
        tuned(Recipe(engine="chain-shares"), model="sign-cnn")


def test_measuring_leaves_the_network_as_it_was() -> None:
    torch.manual_seed(0)
    network = build("cnn", 3, 1, (12, 12))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    pixels = np.zeros((COUNT, 1, 12, 12), np.uint8)
    contract = Contract.fit(
        ImagePreprocessor(height=12, width=12, channels=1), pixels, ("a", "b", "c")
    )
    train = TensorDataset(torch.from_numpy(pixels), torch.zeros(COUNT, dtype=torch.int64))
    runtime = Runtime(torch.device("cpu"), 2, "float32", {})
    plan = plan_of(Recipe(), "cnn", 4000)
    autotune_engine(network, TrainingContext(contract, train, NOTHING, plan, runtime), Recipe())
    assert all(torch.equal(network.state_dict()[name], value) for name, value in before.items())


def test_a_recording_is_only_replayed_where_a_recipe_asks_for_it() -> None:
    gpu, network = Runtime(torch.device("cuda"), 2, "bfloat16", {}), build("mlp", 3, 1, (12, 12))

    def candidates(recipe: Recipe) -> set[tuple[str | None, str]]:
        plan = plan_of(recipe, "mlp", 4000)
        found = autotune.list_candidates(network, plan, recipe, gpu)
        return {(each.engine, each.precision) for each in found}

    assert candidates(Recipe()) == {("autograd", "bfloat16"), ("autograd", "float32")}
    assert candidates(Recipe(engine="graph", precision="float32")) == {("graph", "float32")}
    with pytest.raises(
        UsageError, match="The engine graph cannot train mlp here, since it needs a GPU; chain"
    ):
        tuned(Recipe(engine="graph"))
