"""Verdicts on claims, each with the interval that decides it.

A documented figure is itself one measurement on a number of test images. It counts as met unless
ours is worse by more than chance explains, that is, unless the whole 95 % interval of the
difference lies below zero. Two arms are compared image by image, since both classified the same.
"""

from collections.abc import Sequence

import numpy as np

from noonbit.course.experiments.documents import Text
from noonbit.course.experiments.results import Outcome, Verdict
from noonbit.evaluation.significance import (
    CorrectMask,
    Gain,
    gain_of_means,
    gain_over_mean,
    independent_gain,
    paired_gain,
)


def judge_figure(correct: int, images: int, documented: float, documented_images: int) -> Verdict:
    """Judge an accuracy against a documented one."""
    documented_correct = round(documented * documented_images)
    gain = independent_gain(correct, images, documented_correct, documented_images)
    outcome: Outcome = "not met" if gain.high < 0 else "met"
    if gain.low > 0:
        how = (
            "better than documented by more than chance explains",
            "문서보다 우연이라고 보기 어려울 만큼 좋음",
        )
    elif gain.high < 0:
        how = (
            "worse than documented by more than chance explains",
            "문서보다 우연이라고 보기 어려울 만큼 나쁨",
        )
    else:
        how = (
            "as documented, as far as so many images can tell",
            "이만큼의 이미지로는 문서와 같다고 볼 수 있음",
        )
    measured, claimed = format_percent(correct / images), format_percent(documented)
    english, korean = format_gain(gain)
    sentence = (
        f"{measured} against {claimed}: {how[0]} (difference {english})",
        f"여기 {measured}, 문서 {claimed}: {how[1]} (차이 {korean})",
    )
    return Verdict(outcome, sentence, gain.gain, gain.low, gain.high)


def judge_better(
    winner: Sequence[CorrectMask],
    loser: Sequence[CorrectMask],
    *,
    names: tuple[str, str],
    fewer_parameters: bool | None,
) -> Verdict:
    """Judge whether one arm beats another on the same images, each with one run or more.

    `fewer_parameters` is whether the winner has fewer, or None if the claim does not ask for it.
    """
    if len(winner) == len(loser) == 1:
        gain, seeds = paired_gain(winner[0], loser[0]), ("", "")
    else:
        gain = gain_of_means(winner, loser)
        seeds = f", means of {len(winner)} seeds", f"(시드 {len(winner)}개의 평균)"
    better, worse = (format_percent(float(np.mean(runs))) for runs in (winner, loser))
    figures = f"{names[0]} {better}, {names[1]} {worse}"
    english, korean = format_gain(gain)
    sizes = ("", "")
    if fewer_parameters is not None:
        sizes = (
            f"; with {'fewer' if fewer_parameters else 'more'} parameters",
            f". 파라미터는 더 {'적음' if fewer_parameters else '많음'}",
        )
    sentence = (
        f"{figures}{seeds[0]}: difference {english}, on the same images{sizes[0]}",
        f"{figures}{seeds[1]}: 같은 이미지에서 차이 {korean}{sizes[1]}",
    )
    met = gain.low > 0 and fewer_parameters is not False
    return Verdict("met" if met else "not met", sentence, gain.gain, gain.low, gain.high)


def judge_ensemble(
    ensemble: CorrectMask, members: Sequence[CorrectMask], documented: float, documented_images: int
) -> Verdict:
    """Judge an ensemble against a documented accuracy and against its members' mean."""
    images = len(ensemble)
    figure = judge_figure(int(ensemble.sum()), images, documented, documented_images)
    gain = gain_over_mean(ensemble, members)
    met = figure.outcome == "met" and gain.gain > 0
    english, korean = format_gain(gain)
    count = len(members)
    sentence = (
        f"{figure.sentence[0]}; above the mean of its {count} members by {english}, on the same "
        "images",
        f"{figure.sentence[1]}. 같은 이미지에서 멤버 {count}개의 평균보다 {korean}",
    )
    return Verdict(
        "met" if met else "not met", sentence, figure.difference, figure.low, figure.high
    )


def format_percent(share: float) -> str:
    """Format a share: `99.01 %`."""
    return f"{100 * share:.2f} %"


def format_gain(gain: Gain) -> Text:
    """Format a difference: `+0.12 points, 95 % interval -0.05 to +0.29`, and in Korean."""
    difference, low, high = (f"{100 * value:+.2f}" for value in (gain.gain, gain.low, gain.high))
    return (
        f"{difference} points, 95 % interval {low} to {high}",
        f"{difference} %p, 95 % 신뢰 구간 {low} ~ {high}",
    )
