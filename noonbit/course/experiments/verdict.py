"""Verdicts on claims, each with the interval that decides it.

A documented figure is itself one measurement on a number of test images. It counts as met unless
ours is worse by more than chance explains, that is, unless the whole 95 % interval of the
difference lies below zero. Two arms are compared image by image, since both classified the same.
"""

from collections.abc import Sequence

import numpy as np

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
        how = "better than documented by more than chance explains"
    elif gain.high < 0:
        how = "worse than documented by more than chance explains"
    else:
        how = "as documented, as far as so many images can tell"
    sentence = (
        f"{format_percent(correct / images)} against {format_percent(documented)}: {how} "
        f"(difference {format_gain(gain)})"
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
        gain, seeds = paired_gain(winner[0], loser[0]), ""
    else:
        gain, seeds = gain_of_means(winner, loser), f", means of {len(winner)} seeds"
    better, worse = (format_percent(float(np.mean(runs))) for runs in (winner, loser))
    sentence = (
        f"{names[0]} {better}, {names[1]} {worse}{seeds}: difference {format_gain(gain)}, "
        "on the same images"
    )
    if fewer_parameters is not None:
        sentence += f"; with {'fewer' if fewer_parameters else 'more'} parameters"
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
    sentence = (
        f"{figure.sentence}; above the mean of its {len(members)} members by {format_gain(gain)}, "
        "on the same images"
    )
    return Verdict(
        "met" if met else "not met", sentence, figure.difference, figure.low, figure.high
    )


def format_percent(share: float) -> str:
    """Format a share: `99.01 %`."""
    return f"{100 * share:.2f} %"


def format_gain(gain: Gain) -> str:
    """Format a difference: `+0.12 points, 95 % interval -0.05 to +0.29`."""
    difference, low, high = (100 * value for value in (gain.gain, gain.low, gain.high))
    return f"{difference:+.2f} points, 95 % interval {low:+.2f} to {high:+.2f}"
