"""The path through the documents: every program is found, and every command of it runs."""

import re
import runpy
import shlex
import tomllib
from pathlib import Path

import pytest
from paths import PROJECT, SHARED_DATA

from noonbit.cli import main
from noonbit.cli.main import app
from noonbit.course.experiments.documents import DOCUMENTS
from noonbit.course.experiments.experiment import load_experiments
from noonbit.course.path.program import FOLDER, all_places, find_programs, load_documents
from noonbit.errors import UsageError

PLACES = all_places()
IN_BACKTICKS = re.compile(r"`(noonbit [^`]+)`")

# What stands in the documents, by their own words (facts).
HEADINGS = {
    "D0": "데이터 전처리|mnist.load_data|reshape|/255|검증 데이터 분리하기|Multilayer perceptron|"
    "Convolutional Neural Network|Dropout|Deep Convolutional Neural Network|Model compile|"
    "평균 제곱 오차|교차 엔트로피|metrics|모델 학습하기|학습과정 살펴보기|"
    "모델 평가하기|모델 사용하기",
    "D1": "pandas를 이용하여 데이터 로드|라벨값 분류|24개의 범주 레이블|정규화|reshape|Conv2D|"
    "BatchNormalization|MaxPool2D|Dropout|Flatten|Dense|summary|20 에포크|과적합|"
    "sign_mnist_train.csv|sign_mnist_valid.csv",
    "D2": "filter|stride|padding|output size|activation maps|numbers of weights|max pooling|"
    "fully connected|browser demonstration|LeNet-5|AlexNet|GoogLeNet|ResNet|Kim|AlphaGo|SAME|VALID|"
    "MNIST CNN|deep CNN|random test picture|Python class|layers API|ensemble",
    "D3": "심층 신경망의 일반적 절차|구조|활성 함수|그래디언트 체크|초기화|최적화|과적합 방지|"
    "학습률 감소|MNIST 불러오기|이미지 보기|숫자로 출력|정규화|원 핫 인코딩|1차원 배열|"
    "DNN과 그 문제점|컨볼루션 과정|feature map|padding|stride|풀링|드롭아웃|플래튼|MNIST 실습|"
    "Fashion MNIST|개, 고양이 구분|Cifar 10|데이터 부풀리기|ImageDataGenerator|AlexNet|VGGNet|"
    "GoogLeNet|Inception|ResNet|degradation",
    "D4": "데이터 로드|shape|60,000번째|무작위 그림|dtype|[0, 1]|원-핫|순전파|역전파|드롭아웃|"
    "20 에포크|그래프",
}


def tokens(command: str) -> list[str]:
    return shlex.split(command)[1:]


def takes_long(command: str) -> bool:
    """Whether a command trains, builds networks, or needs data that are not installed."""
    quick = ("arithmetic", "show", "check", "report", "evaluate", "errors", "predict")
    return tokens(command)[0] not in quick or "mnist" in command


@pytest.fixture(scope="module")
def folder_with_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder in which one run is the last."""
    folder = tmp_path_factory.mktemp("path")
    out = str(folder / "runs" / "first")
    assert main.run(["train", "digits", "--model", "mlp", "--epochs", "1", "--out", out]) == 0
    return folder


@pytest.mark.parametrize("letter", HEADINGS)
def test_every_heading_of_a_document_leads_to_a_program_of_it(letter: str) -> None:
    for heading in HEADINGS[letter].split("|"):
        assert letter in {place.letter for place in find_programs(heading)}, heading


def test_every_command_is_one_of_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commands: set[str] = set()
    for place in PLACES:
        program = place.program
        english, korean = (IN_BACKTICKS.findall(text) for text in program.next)
        assert english == korean, place.name
        commands.update((program.command, program.quick_command, *english))
    for command in sorted(commands):
        app.parse_args(tokens(command), exit_on_error=False, print_error=False)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=pytest.mark.slow if takes_long(command) else ())
        for command in dict.fromkeys(place.program.quick_command for place in PLACES)
    ],
)
def test_every_program_runs_in_its_quick_form(
    command: str, folder_with_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder_with_run)
    if takes_long(command):
        if not SHARED_DATA.exists():
            pytest.skip(f"needs the real data in {SHARED_DATA}")
        monkeypatch.setenv("NOONBIT_DATA", str(SHARED_DATA))
    assert main.run(tokens(command)) == 0


def test_every_experiment_is_on_the_path_and_every_experiment_of_the_path_exists() -> None:
    named = {place.program.experiment for place in PLACES} - {""}
    assert named == set(load_experiments()) and set(load_documents()) == set(DOCUMENTS)


def test_programs_are_found_in_either_language_and_spelling() -> None:
    names = {place.name for place in find_programs("원-핫 인코딩")}
    assert names == {place.name for place in find_programs("ONE HOT")}
    assert {place.letter for place in find_programs(" d2 ")} == {"D2"}
    assert [place.program.experiment for place in find_programs("lab-deep-cnn")] == ["lab-deep-cnn"]


@pytest.mark.parametrize(
    ("word", "programs"),
    [
        ("거의 99 %", {"D2-18"}),  # of what it teaches
        ("60000번째", {"D4-3"}),
        ("pictures nobody can read", {"D3-24"}),  # with a word of the heading left out
        ("여섯 구성", {"D3-32"}),
    ],
)
def test_a_program_is_found_by_what_a_reader_remembers(word: str, programs: set[str]) -> None:
    assert {place.name for place in find_programs(word)} == programs


# The terms of Korean courses, and those of English ones.
TERMS = (
    "합성곱 신경망|컨볼루션 신경망|필터|커널|마스크|스트라이드|패딩|특징 맵|풀링|맥스 풀링|"
    "완전 연결 층|밀집층|플래튼|순전파|역전파|그래디언트 체크|가중치 초기화|훈련 셋|학습 셋|"
    "검증 셋|테스트 셋|레이블|클래스|범주|정규화|에포크|배치 크기|잔차 블록|지름길 연결|"
    "전이 학습|사전 학습|과적합|드롭아웃|배치 정규화|활성화 함수|손실|오차|정확도|경사 하강법|"
    "학습률|학습률 감소|조기 종료|앙상블|데이터 증강|데이터 부풀리기|원-핫 인코딩|혼동 행렬|"
    "신뢰 구간|보정|교차 검증|convolutional network|filter|kernel|stride|padding|feature map|"
    "max pooling|dense layer|flatten|forward propagation|backward propagation|gradient check|"
    "weight initialisation|training set|validation set|test set|label|category|scaling|"
    "normalisation|epoch|batch size|residual block|shortcut|transfer learning|pretraining|"
    "overfitting|dropout|batch normalization|activation|loss|error|accuracy|gradient descent|"
    "learning rate|learning-rate decay|early stopping|ensemble|augmentation|one-hot encoding|"
    "confusion matrix|confidence interval|calibration|cross-validation"
)


@pytest.mark.parametrize("term", TERMS.split("|"))
def test_the_terms_of_courses_are_found(term: str) -> None:
    assert find_programs(term)


def test_a_piece_of_what_is_looked_for_is_enough_for_what_is_near() -> None:
    with pytest.raises(UsageError, match="Near it: 드롭아웃"):
        find_programs("파이토치 드랍아웃")
    with pytest.raises(UsageError, match="비슷한 말: 드롭아웃"):
        find_programs("파이토치 드랍아웃", "ko")


def test_a_quick_form_with_other_data_says_so() -> None:
    by_name = {place.name: place.program for place in PLACES}
    assert by_name["D3-13"].other_data == "digits" and by_name["D3-26"].other_data == "shapes"
    assert by_name["D0-4"].other_data == by_name["D0-6"].other_data == ""
    sources = {"digits", "shapes"}
    for program in by_name.values():
        quick, full = set(tokens(program.quick_command)), set(tokens(program.command))
        assert bool(program.other_data) == bool((quick - full) & sources)


def test_a_drawing_of_a_network_is_that_of_the_command() -> None:
    for place in PLACES:
        name, _, of = place.program.drawing.partition(" ")
        if name == "architecture" and tokens(place.program.command)[0] == "summary":
            assert of == " ".join(tokens(place.program.command)[1:])


@pytest.mark.parametrize(
    ("title", "letter"),
    [("모두의 딥러닝", "D2"), ("MNIST with Keras", "D0"), ("딥러닝 기초", "D1")],
)
def test_a_document_is_found_by_its_title(title: str, letter: str) -> None:
    places = find_programs(title)
    assert [place.letter for place in places] == [letter] * len(places)
    assert len(places) == len(load_documents()[places[0].letter].programs)


@pytest.mark.parametrize(
    ("word", "near"), [("drpout", "Near it: Dropout."), ("드롭아옷", "Near it: 드롭아웃.")]
)
def test_a_word_that_is_nowhere_is_refused_with_what_is_near(word: str, near: str) -> None:
    with pytest.raises(UsageError, match=f"called '{word}'. {near} Take one word .*: D0"):
        find_programs(word)


@pytest.mark.parametrize("word", ["", " - ", "x" * 10_000])
def test_what_is_no_word_is_refused_too(word: str) -> None:
    with pytest.raises(UsageError, match="Take one word .*: D0"):
        find_programs(word)


def test_the_korean_page_of_the_path_has_every_program() -> None:
    script = runpy.run_path(str(PROJECT / "scripts" / "write_path"))
    text = script["PAGE"].read_text(encoding="utf-8")
    assert script["page"](text) == text, "run scripts/write_path"
    assert all(place.program.command in text for place in PLACES)


def test_what_noonbit_measured_is_what_the_docs_say() -> None:
    measured = tomllib.loads((FOLDER / "measured.toml").read_text(encoding="utf-8"))
    page = (PROJECT / "docs" / "experiments.md").read_text(encoding="utf-8")
    for name, (figures, _, outcome) in measured.items():
        (line,) = [each for each in page.splitlines() if each.startswith(f"| `{name}` | ")]
        assert line.endswith(f" | {figures} | {outcome} |")
