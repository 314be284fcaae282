"""The experiment of the network by hand: a table of figures that is the document's, or is not."""

from pathlib import Path

from noonbit.course.byhand import DOCUMENTED, ITEMS, Network, open_examples
from noonbit.course.experiments.documents import Text
from noonbit.course.experiments.results import Outcome, Verdict


def train_byhand(source: str, data_dir: Path | None, *, epochs: int) -> list[list[str]]:
    """Train the NumPy network and return the lines of its table."""
    training, test = (part.first(ITEMS) for part in open_examples(source, data_dir=data_dir))
    network = Network(training.pixels.shape[1], len(training.class_names))
    return [list(epoch.printed()) for epoch in network.train(training, test, epochs=epochs)]


def judge_table(table: list[list[str]]) -> Verdict:
    """Compare the printed lines with the documented ones."""
    cells = [
        (ours, theirs)
        for line, documented in zip(table, DOCUMENTED, strict=False)
        for ours, theirs in zip(line, documented, strict=True)
    ]
    equal = sum(ours == theirs for ours, theirs in cells)
    outcome: Outcome = "met" if equal == len(cells) else "not met"
    sentence = (
        f"{equal} of {len(cells)} figures are the document's to the last digit",
        f"숫자 {len(cells)}개 가운데 {equal}개가 문서와 마지막 자리까지 같음",
    )
    return Verdict(outcome, sentence)


def describe_table(table: list[list[str]]) -> Text:
    """Return the last line of the NumPy network's table in words."""
    _, train_accuracy, _, test_accuracy = table[-1]
    return (
        f"measured {train_accuracy} in training and {test_accuracy} on test images",
        f"여기에서 잰 결과: 학습 {train_accuracy}, 테스트 이미지 {test_accuracy}",
    )
