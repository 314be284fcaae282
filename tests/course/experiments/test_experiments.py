"""The documented experiments: their files are complete, and verdicts follow from the answers."""

import json
import re
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from noonbit.cli import main
from noonbit.course.byhand import DOCUMENTED
from noonbit.course.experiments.byhand_table import judge_table
from noonbit.course.experiments.experiment import (
    Better,
    EnsembleFigure,
    Experiment,
    Figure,
    experiments_of,
    load_experiment,
    load_experiments,
)
from noonbit.course.experiments.page import write_page
from noonbit.course.experiments.reproduce import (
    QUICK_MEMBERS,
    QUICK_SECONDS,
    QUICK_VALIDATION,
    choose_source,
    plan_trainings,
    reproduce,
)
from noonbit.course.experiments.results import read_last_result
from noonbit.course.experiments.verdict import judge_better, judge_ensemble, judge_figure
from noonbit.course.path.program import find_programs
from noonbit.errors import UsageError
from noonbit.evaluation.significance import gain_of_means, independent_gain, paired_gain
from noonbit.jobs.observer import Observer
from noonbit.models.catalogue import MODELS
from noonbit.runs.folder import load_run
from noonbit.training.optim.schedules import make_schedule

NAMES = list(load_experiments())
QUICK = {"epochs": 1, "threads": 1, "precision": "float32"}


def silent() -> nullcontext[Observer]:
    return nullcontext(Observer())


def on_digits(**changes: object) -> Experiment:
    settings = {
        "name": "small",
        "title": ("A small one", "작은 것"),
        "headings": {"D3": "MNIST 실습"},
        "says": ("90 %", "90 %"),
        "source": "digits",
        "recipe": {"model": "mlp", **QUICK},
        "claim": {"kind": "figure", "arm": "small", "accuracy": 0.9},
    }
    return Experiment.model_validate(settings | changes)


def answers(right: int, of: int) -> np.ndarray:
    return np.arange(of) < right


# The files


@pytest.mark.parametrize("name", NAMES)
def test_every_experiment_has_recipes_and_a_claim_about_its_own_arms(name: str) -> None:
    one = load_experiment(name)
    recipes = one.recipes()
    claim = one.claim
    if isinstance(claim, Figure | EnsembleFigure):
        assert claim.arm in recipes
    if isinstance(claim, Better):
        assert {claim.winner, claim.loser} <= set(recipes)
    if claim is None or claim.kind != "table":
        assert all(recipe.model in MODELS for recipe in recipes.values())


@pytest.mark.parametrize(
    ("name", "optimizer", "learning_rate", "batch_size", "epochs"),
    [
        ("mlp", "sgd", 0.01, 32, 30),
        ("cnn", "sgd", 0.01, 32, 30),
        ("deep-cnn", "sgd", 0.01, 32, 30),
        ("sign", "rmsprop", 0.001, 32, 20),
        ("lab-cnn", "adam", 0.001, 100, 15),
        ("lab-deep-cnn", "adam", 0.001, 100, 15),
        ("lab-ensemble", "adam", 0.001, 100, 15),
        ("slides-dnn", "adam", 0.001, 200, 30),
        ("slides-cnn", "adam", 0.001, 200, 30),
    ],
)
def test_recipes_are_the_documents(name, optimizer, learning_rate, batch_size, epochs) -> None:
    for recipe in load_experiment(name).recipes().values():
        assert (recipe.optimizer, recipe.learning_rate) == (optimizer, learning_rate)
        assert (recipe.batch_size, recipe.epochs) == (batch_size, epochs)
        assert (recipe.normalise, recipe.schedule, recipe.augment) == ("unit", "constant", "none")
        assert (recipe.label_smoothing, recipe.weight_decay, recipe.warmup) == (0, 0, 0)


def test_the_course_validates_with_the_last_rows_and_stops_nowhere() -> None:
    recipe = load_experiment("cnn").recipes()["cnn"]
    assert (recipe.validation, recipe.validation_rows) == (10_000, "last")
    assert (recipe.keep, recipe.patience, recipe.momentum) == ("last", None, 0)


def test_the_slides_stop_early_on_the_loss() -> None:
    recipe = load_experiment("slides-cnn").recipes()["slides-cnn"]
    assert (recipe.keep, recipe.patience, recipe.epsilon) == ("loss", 10, 1e-7)


def test_the_record_trains_on_every_image_for_a_fixed_number_of_steps() -> None:
    recipe = load_experiment("cifar10-94").recipes()["cifar10-94"]
    assert (recipe.validation, recipe.keep, recipe.epochs, recipe.batch_size) == (
        0,
        "last",
        8,
        2000,
    )
    lr_at = make_schedule(recipe.schedule, lr=recipe.learning_rate, warmup=recipe.warmup, steps=200)
    rates = np.array([lr_at(step) for step in range(200)])
    assert rates == pytest.approx(0.24 * (1 - np.arange(200) / 200), abs=0.002)


def test_an_unknown_experiment_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="No experiment is called 'slide-cnn'. Did you mean"):
        load_experiment("slide-cnn")


def test_an_experiment_that_two_documents_have_is_found_by_both() -> None:
    both = {"alexnet", "googlenet", "resnet18", "resnet20"}
    assert set(experiments_of("D2")) & set(experiments_of("D3")) == both
    assert set(experiments_of("D1")) == {"sign"}


def test_counts_of_rows_are_the_documents_on_its_data_and_a_share_of_each_class_elsewhere() -> None:
    one = load_experiment("cnn")
    assert one.recipes() == one.recipes("mnist")
    elsewhere = one.recipes("my-folder")["cnn"]
    assert elsewhere.validation == pytest.approx(1 / 6)
    assert elsewhere.validation_rows == "stratified"
    changed = ("validation", "validation_rows")
    for name, value in one.recipes()["cnn"].explicit_settings().items():
        assert name in changed or getattr(elsewhere, name) == value
    for name in NAMES:  # none has a count that is no share of anything known
        load_experiment(name).recipes("my-folder")
    assert load_experiment("sign").recipes("my-folder") == load_experiment("sign").recipes()


# Verdicts


@pytest.mark.parametrize(
    ("correct", "outcome", "how"),
    [(9_901, "met", "as documented"), (9_950, "met", "better"), (9_875, "met", "as documented")]
    + [(9_860, "not met", "worse than documented by more than chance explains")],
)
def test_a_figure_is_met_unless_it_is_worse_than_chance_explains(correct, outcome, how) -> None:
    verdict = judge_figure(correct, 10_000, 0.9901, 10_000)
    assert verdict.outcome == outcome
    assert how in verdict.sentence[0]
    assert verdict.difference == pytest.approx(correct / 10_000 - 0.9901)
    assert verdict.low < verdict.difference < verdict.high


def test_few_images_leave_more_to_chance() -> None:
    assert judge_figure(98, 100, 0.9901, 10_000).outcome == "met"
    assert judge_figure(9_800, 10_000, 0.9901, 10_000).outcome == "not met"


def test_the_interval_of_two_shares_is_newcombes() -> None:
    # Newcombe 1998, table II: 56/70 against 48/80, method 10.
    gain = independent_gain(56, 70, 48, 80)
    assert (gain.low, gain.high) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_a_winner_must_win_by_more_than_chance_and_with_fewer_parameters_if_claimed() -> None:
    winner, loser = answers(90, 100), answers(70, 100)
    names = ("cnn", "dnn")
    assert judge_better([winner], [loser], names=names, fewer_parameters=None).outcome == "met"
    assert judge_better([winner], [loser], names=names, fewer_parameters=True).outcome == "met"
    assert judge_better([winner], [loser], names=names, fewer_parameters=False).outcome == "not met"
    assert judge_better([loser], [winner], names=names, fewer_parameters=None).outcome == "not met"
    even = judge_better([winner], [winner], names=names, fewer_parameters=None)
    assert (even.outcome, even.difference) == ("not met", 0)


def test_several_seeds_are_compared_by_their_means() -> None:
    winners = [answers(right, 1000) for right in (800, 820, 840)]
    losers = [answers(right, 1000) for right in (700, 720, 710)]
    verdict = judge_better(winners, losers, names=("with", "without"), fewer_parameters=None)
    assert verdict.difference == pytest.approx(0.11)
    assert "with 82.00 %, without 71.00 %, means of 3 seeds" in verdict.sentence[0]


def test_the_bootstrap_of_one_pair_agrees_with_the_paired_interval() -> None:
    generator = np.random.default_rng(0)
    one = generator.random(5_000) < 0.9
    other = np.where(generator.random(5_000) < 0.9, one, generator.random(5_000) < 0.5)
    bootstrap, paired = gain_of_means([one], [other]), paired_gain(one, other)
    assert bootstrap.gain == pytest.approx(paired.gain)
    assert (bootstrap.low, bootstrap.high) == pytest.approx((paired.low, paired.high), abs=1e-3)


def test_an_ensemble_must_beat_its_members_mean_too() -> None:
    members = [answers(9_940, 10_000), answers(9_930, 10_000)]
    assert judge_ensemble(answers(9_950, 10_000), members, 0.9952, 10_000).outcome == "met"
    assert judge_ensemble(answers(9_934, 10_000), members, 0.9934, 10_000).outcome == "not met"
    assert judge_ensemble(answers(9_950, 10_000), members, 0.9990, 10_000).outcome == "not met"


# Running them


def test_a_finished_run_is_kept_and_judged_again(tmp_path: Path) -> None:
    first = reproduce(on_digits(), out=tmp_path, display=silent)
    weights = tmp_path / "small" / "small-seed0" / "weights.safetensors"
    written = weights.stat().st_mtime_ns
    assert first.verdict.outcome in ("met", "not met")
    assert first.runs[0]["test_items"] == 359
    stricter = on_digits(claim={"kind": "figure", "arm": "small", "accuracy": 1.0})
    second = reproduce(stricter, out=tmp_path, display=silent)
    assert second.verdict.outcome == "not met"
    assert weights.stat().st_mtime_ns == written
    assert read_last_result("small", tmp_path) == second


def test_a_verdict_names_the_machine_that_trained(tmp_path: Path) -> None:
    reproduce(on_digits(), out=tmp_path, display=silent)
    metadata = tmp_path / "small" / "small-seed0" / "run.json"
    stored = json.loads(metadata.read_text())
    stored["machine"]["processor"] = "an abacus"
    metadata.write_text(json.dumps(stored))
    judged_again = reproduce(on_digits(), out=tmp_path, display=silent)
    assert judged_again.machine["processor"] == "an abacus"


def test_a_run_of_another_recipe_does_not_count(tmp_path: Path) -> None:
    reproduce(on_digits(), out=tmp_path, display=silent)
    other = on_digits(recipe={"model": "mlp", **QUICK, "batch_size": 32})
    with pytest.raises(UsageError, match="was made with batch_size 64, but the experiment has 32"):
        reproduce(other, out=tmp_path, display=silent)


def test_a_quick_form_gives_no_verdict_and_keeps_apart(tmp_path: Path) -> None:
    long = on_digits(recipe={"model": "mlp", **QUICK, "epochs": 500})
    result = reproduce(long, out=tmp_path, quick=True, display=silent)
    assert result.verdict.outcome == "quick"
    assert result.verdict.sentence[0].startswith("it works; shortened, so it is not compared")
    assert result.runs[0]["epochs"] == 1
    assert (tmp_path / "small-quick" / "result.json").exists()
    assert read_last_result("small", tmp_path) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_quick_form_takes_seconds_whatever_it_trains(name: str) -> None:
    one = load_experiment(name)
    if one.claim is not None and one.claim.kind == "table":
        return
    quick = [recipe for _, _, recipe in plan_trainings(one, one.source, quick=True)]
    members = min(one.members, QUICK_MEMBERS)
    assert sum(recipe.time_budget * members for recipe in quick) == pytest.approx(QUICK_SECONDS)
    assert all((recipe.validation or 0) <= QUICK_VALIDATION for recipe in quick)
    whole = [recipe for _, _, recipe in plan_trainings(one, one.source, quick=False)]
    for recipe, full in zip(quick, whole[:: len(one.seeds)], strict=True):
        changed = {"epochs", "time_budget", "validation"}
        for setting, value in full.explicit_settings().items():
            assert setting in changed or getattr(recipe, setting) == value


def test_arms_and_seeds_are_all_run_and_compared(tmp_path: Path) -> None:
    two = on_digits(
        arms={"slow": {"learning_rate": 1e-6}, "fast": {}},
        seeds=(0, 1),
        claim={"kind": "better", "winner": "fast", "loser": "slow"},
    )
    result = reproduce(two, out=tmp_path, display=silent)
    assert result.verdict.outcome == "met"
    assert [(run["arm"], run["seed"]) for run in result.runs] == [
        *(("slow", 0), ("slow", 1), ("fast", 0), ("fast", 1))
    ]


def test_own_data_get_the_recipe_and_no_verdict(tmp_path: Path) -> None:
    one = on_digits(source="mnist", recipe={"model": "mlp", **QUICK, "validation": 10_000})
    result = reproduce(one, out=tmp_path, source="digits", display=silent)
    assert (result.verdict.outcome, result.source) == ("not comparable", "digits")
    assert result.verdict.sentence[0] == (
        "digits is not the document's data, so its claim is not judged; "
        f"measured small {100 * result.runs[0]['accuracy']:.2f} %"
    )
    folder = tmp_path / "small-on-digits"
    assert (folder / "result.json").exists()
    assert read_last_result("small", tmp_path) is None
    assert load_run(folder / "small-seed0").recipe.validation == pytest.approx(1 / 6)


def test_the_documents_own_source_by_name_is_judged(tmp_path: Path) -> None:
    result = reproduce(on_digits(), out=tmp_path, source="digits", display=silent)
    assert result.verdict.outcome in ("met", "not met")
    assert read_last_result("small", tmp_path) == result


def test_two_sources_of_one_name_are_not_mixed(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8)).astype(np.uint8)
    for place in ("one", "other"):
        (tmp_path / place).mkdir()
        np.savez(tmp_path / place / "mine.npz", x_train=pixels, y_train=np.arange(60) % 3)
    arguments = {"out": tmp_path / "out", "display": silent}
    reproduce(on_digits(), source=str(tmp_path / "one" / "mine.npz"), **arguments)
    with pytest.raises(UsageError, match=r"was trained on .*one/mine.npz, not on .*other/mine.npz"):
        reproduce(on_digits(), source=str(tmp_path / "other" / "mine.npz"), **arguments)


def test_the_table_by_hand_runs_on_own_data_without_a_verdict(tmp_path: Path, capsys) -> None:
    arguments = ["reproduce", "byhand", "--source", "digits", "--quick", "--out", str(tmp_path)]
    assert main.run([*arguments, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["verdict"] == "quick" and len(result["table"]) == 1
    assert "digits is not the document's data" in result["figures"]


def test_an_ensemble_runs_with_its_members(tmp_path: Path) -> None:
    one = on_digits(
        members=2, claim={"kind": "ensemble", "arm": "small", "accuracy": 0.5}, combine="sum"
    )
    result = reproduce(one, out=tmp_path, display=silent)
    (run,) = result.runs
    assert len(run["members"]) == 2
    assert "above the mean of its 2 members by" in result.verdict.sentence[0]


def test_a_diverged_training_is_not_met_and_says_why(tmp_path: Path) -> None:
    wild = on_digits(recipe={"model": "mlp", **QUICK, "optimizer": "sgd", "learning_rate": 1e6})
    result = reproduce(wild, out=tmp_path, display=silent)
    assert result.verdict.outcome == "not met"
    assert "learning rate of 1e+06" in result.verdict.sentence[0]


def test_a_substitute_is_never_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOONBIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "data" / "stand-in"
    folder.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (120, 8, 8)).astype(np.uint8)
    np.savez(folder / "stand-in.npz", x_train=pixels, y_train=np.arange(120) % 3)
    one = on_digits(
        source="sign-mnist",
        substitute={"source": "stand-in/stand-in.npz", "reason": ("other pictures", "다른 그림")},
    )
    assert choose_source(one, None) == (str(folder / "stand-in.npz"), True)
    result = reproduce(one, out=tmp_path / "out", display=silent)
    assert result.verdict.outcome == "not comparable"
    english, korean = result.verdict.sentence
    assert english.startswith("other pictures; ") and korean.startswith("다른 그림. ")


def test_the_real_data_are_preferred_to_a_substitute() -> None:
    one = on_digits(substitute={"source": "anything", "reason": ("other pictures", "다른 그림")})
    assert choose_source(one, None) == ("digits", False)


# The page and the command


def test_the_page_has_every_experiment_and_needs_no_network(tmp_path: Path) -> None:
    path = write_page(tmp_path)
    page = path.read_text(encoding="utf-8")
    assert all(f'id="{name}"' in page for name in NAMES)
    assert "http" not in page.replace("http-equiv", "")
    assert f"Not run yet</dt><dd>{len(NAMES)} of {len(NAMES)}" in page


def test_the_page_is_korean_where_its_reader_asks_for_it(tmp_path: Path) -> None:
    page = write_page(tmp_path, "ko").read_text(encoding="utf-8")
    text = re.sub(r"<style>.*?</style>|<code>.*?</code>|<[^>]*>", " ", page, flags=re.DOTALL)
    for one in load_experiments().values():
        assert one.says[1] in text and one.title[1] in text
        assert one.note is None or one.note[1] in text
    for english in ("Not run yet", "document says", "Experiment", "Machines", "Repeat"):
        assert english not in text
    assert '<html lang="ko">' in page


def test_the_page_shows_figures_curves_and_verdict(
    tmp_path: Path, shared_data, monkeypatch
) -> None:
    for module in ("page", "reproduce"):  # tests/course/test_byhand.py has all twenty epochs
        monkeypatch.setattr(f"noonbit.course.experiments.{module}.DOCUMENTED", DOCUMENTED[:5])
    data = shared_data("mnist").parent
    arguments = ["reproduce", "byhand", "--out", str(tmp_path), "--data-dir", str(data)]
    assert main.run(arguments) == 0
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "20 of 20 figures are the document" in page
    assert page.count('<td class="number">0.') >= 20


def test_the_list_is_json_with_name_claim_and_verdict(tmp_path: Path, capsys) -> None:
    assert main.run(["reproduce", "--out", str(tmp_path), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == NAMES
    assert all({"name", "claim", "verdict"} <= set(row) for row in rows)
    assert all(row["verdict"] is None for row in rows)


def test_the_list_of_one_document_has_its_title_and_headings(tmp_path: Path, capsys) -> None:
    assert main.run(["reproduce", "--of", "d2", "--out", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("\nD2  모두의 딥러닝")
    assert "Lab-3: ensemble" in out and "강의-3: AlexNet" in out and "slides-cnn" not in out
    assert err.endswith("next     noonbit reproduce all --of D2\n")


def test_a_heading_lists_its_programs_with_command_claim_and_verdict(tmp_path, capsys) -> None:
    arguments = ["reproduce", "--of", "MNIST 실습", "--out", str(tmp_path)]
    assert main.run(arguments) == 0
    out, err = capsys.readouterr()
    assert "MNIST 실습: CNN (99.01 %) (MNIST in practice" in out
    assert (
        "     noonbit reproduce slides-cnn\n     quick: noonbit reproduce slides-cnn --quick" in out
    )
    assert "the document says: 97.86 %; last verdict: not run yet" in out
    assert err.endswith("next     noonbit reproduce slides-cnn --quick\n")
    assert main.run([*arguments, "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["experiment"] for row in rows] == ["slides-cnn", "slides-dnn"]
    assert rows[0]["heading"]["ko"] == "MNIST 실습: CNN (99.01 %)" and rows[0]["verdict"] is None


def test_programs_claims_and_verdicts_are_printed_in_korean(
    tmp_path: Path, capsys, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main.run(["reproduce", "byhand", "--quick", "--source", "digits"]) == 0
    assert "quick" in capsys.readouterr().out
    monkeypatch.setenv("NOONBIT_LANGUAGE", "ko")
    assert main.run(["reproduce", "byhand", "--quick", "--source", "digits"]) == 0
    out, err = capsys.readouterr()
    assert "짧은 실행" in out and "문서의 데이터가 아니라 digits이므로" in out
    assert "손으로 만든 신경망; 문서의 결과: 20 에포크의 표" in err
    assert main.run(["reproduce", "--of", "D3"]) == 0
    out = capsys.readouterr().out
    for place in find_programs("D3"):
        assert place.program.teaches[1] in out and place.program.teaches[0] not in out
    assert "문서의 결과: 97.86 %; 지난 판정: 아직 실행하지 않음" in out
    assert "(데이터: 함께 설치된 손글씨 숫자" in out
    assert main.run(["reproduce", "--of", "D3", "--language", "en"]) == 0
    assert "last verdict: not run yet" in capsys.readouterr().out
    assert main.run(["reproduce", "--of", "드롭아옷"]) == 2
    assert "문서나 프로그램이 없습니다. 비슷한 말: 드롭아웃." in capsys.readouterr().err


def test_every_verdict_is_said_in_both_languages() -> None:
    verdicts = (
        judge_figure(9_901, 10_000, 0.9901, 10_000),
        judge_better(
            [answers(90, 100)], [answers(50, 100)], names=("a", "b"), fewer_parameters=True
        ),
        judge_ensemble(answers(90, 100), [answers(80, 100)] * 2, 0.9, 100),
        judge_table([]),
    )
    for verdict in verdicts:
        english, korean = verdict.sentence
        number = re.compile(r"[+-]?\d+\.\d+")
        assert number.findall(english) == number.findall(korean)
        assert re.search("[가-힣]", korean) and not re.search("[가-힣]", english)


def test_the_whole_list_is_grouped_by_document_and_names_each_once(tmp_path: Path, capsys) -> None:
    assert main.run(["reproduce", "--out", str(tmp_path)]) == 0
    names = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line]
    assert [name for name in names if name in NAMES] == NAMES
    titles = [name for name in names if name in ("D0", "D1", "D2", "D3", "D4", "records")]
    assert titles == ["D0", "D1", "D2", "D3", "D4", "records"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["sign", "--of", "D2"], "sign is not of D2, but of D1."),
        (["all", "--of", "padding"], "No program of padding is an experiment"),
        (["--of", "D7"], "No document and no program of one is called 'D7'."),
        (["D1"], "D1 is a document: noonbit reproduce --of D1 lists it."),
        (["all", "--source", "digits"], "--source takes the recipe of one experiment"),
        (["cnn", "--source", "nowhere"], "nowhere does not exist"),
    ],
)
def test_what_does_not_go_together_is_said(arguments, sentence, tmp_path: Path, capsys) -> None:
    assert main.run(["reproduce", *arguments, "--out", str(tmp_path)]) in (2, 3)
    assert sentence in capsys.readouterr().err


def test_an_unknown_name_exits_with_2(capsys) -> None:
    assert main.run(["reproduce", "vgg-q"]) == 2
    assert "No experiment is called 'vgg-q'. Did you mean 'vgg-a'?" in capsys.readouterr().err
