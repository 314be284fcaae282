"""One step of the network by hand on an example so small that every number can be read.

    3 pixels -- first --> 3 hidden units -- second --> 2 outputs

It is `byhand.Network` itself that computes; here its numbers are only written down.
"""

from dataclasses import dataclass

import numpy as np

from noonbit.course.byhand import Array, Network

PIXELS = np.array([1.0, 0.5, 0.0])
TARGET = np.array([1.0, 0.0])
MASK = np.array([1, 0, 1])
FIRST = np.array([[0.3, 0.2, -0.1], [0.4, -0.6, 0.8], [0.7, 0.1, 0.5]])
SECOND = np.array([[0.5, -0.3], [0.2, 0.6], [0.4, 0.1]])
LEARNING_RATE = 0.1
"""Larger than the document's, so that one step shows."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step, as lines of arithmetic in no language."""

    name: str
    """input, summed, relu, dropout, output, error, output_delta, hidden_delta, second, first, or
    again."""
    lines: tuple[str, ...]


def walk() -> list[Step]:
    """Return the steps of one picture: forward, error, backward, update, and forward again."""
    network = Network(3, 2, hidden_units=3, learning_rate=LEARNING_RATE)
    network.first, network.second = FIRST.copy(), SECOND.copy()
    signals = network.forward(PIXELS, MASK)
    kept = np.maximum(signals.summed, 0)
    hidden_delta, output_delta = network.backward(signals, TARGET, MASK)
    steps = [
        Step(
            "input",
            (
                f"x = {row(PIXELS)}",
                f"t = {row(TARGET)}",
                *matrix("W", FIRST),
                *matrix("V", SECOND),
            ),
        ),
        Step("summed", products("s", PIXELS, FIRST, signals.summed)),
        Step(
            "relu",
            tuple(
                f"r{number} = max(0, {show(before)}) = {show(after)}"
                for number, (before, after) in enumerate(zip(signals.summed, kept, strict=True), 1)
            ),
        ),
        Step(
            "dropout",
            tuple(
                f"h{number} = {show(before)}*{keep}*2 = {show(after)}"
                for number, (before, keep, after) in enumerate(
                    zip(kept, MASK, signals.hidden, strict=True), 1
                )
            ),
        ),
        Step("output", products("y", signals.hidden, SECOND, signals.output)),
        Step("error", (error_line(signals.output),)),
        Step(
            "output_delta",
            tuple(
                f"d{number} = {show(wanted)} - {signed(given)} = {show(delta)}"
                for number, (wanted, given, delta) in enumerate(
                    zip(TARGET, signals.output, output_delta, strict=True), 1
                )
            ),
        ),
        Step(
            "hidden_delta",
            tuple(
                f"e{number} = ({sum_of(output_delta, SECOND[number - 1])})*{MASK[number - 1]}"
                f" = {show(hidden_delta[number - 1])}"
                for number in range(1, 4)
            ),
        ),
    ]
    network.update(PIXELS, signals, hidden_delta, output_delta)
    steps += [
        Step("second", updates("V", SECOND, signals.hidden, output_delta, network.second)),
        Step("first", updates("W", FIRST, PIXELS, hidden_delta, network.first)),
    ]
    again = network.forward(PIXELS, MASK)
    steps.append(
        Step(
            "again",
            (*products("y", again.hidden, network.second, again.output), error_line(again.output)),
        )
    )
    return steps


def products(name: str, values: Array, weights: Array, sums: Array) -> tuple[str, ...]:
    """Return a line for each unit: the sum of its inputs times their weights."""
    return tuple(
        f"{name}{unit} = {sum_of(values, weights[:, unit - 1])} = {show(sums[unit - 1])}"
        for unit in range(1, len(sums) + 1)
    )


def updates(
    name: str, before: Array, inputs: Array, deltas: Array, after: Array
) -> tuple[str, ...]:
    """Return a line for each weight that changes."""
    return tuple(
        f"{name}{i + 1}{j + 1} = {show(before[i, j])} + {LEARNING_RATE}*{signed(inputs[i])}"
        f"*{signed(deltas[j])} = {show(after[i, j])}"
        for i in range(len(inputs))
        for j in range(len(deltas))
        if before[i, j] != after[i, j]
    )


def error_line(output: Array) -> str:
    """Return the squared error as a line."""
    squares = " + ".join(
        f"({show(wanted)} - {signed(given)})²" for wanted, given in zip(TARGET, output, strict=True)
    )
    return f"E = {squares} = {show(float(((TARGET - output) ** 2).sum()))}"


def sum_of(values: Array, weights: Array) -> str:
    """Return `1*0.3 + 0.5*(-0.4)`."""
    return " + ".join(f"{show(a)}*{signed(b)}" for a, b in zip(values, weights, strict=True))


def matrix(name: str, values: Array) -> tuple[str, ...]:
    """Return the rows of a matrix, its name before the first."""
    return tuple(
        f"{f'{name} = ' if number == 0 else ' ' * (len(name) + 3)}{row(each)}"
        for number, each in enumerate(values)
    )


def row(values: Array) -> str:
    """Return `[1  0.5  0]`."""
    return f"[{'  '.join(map(show, values))}]"


def show(value: float) -> str:
    """Return a number with four digits at most behind the point."""
    return f"{round(float(value), 4) + 0.0:.4f}".rstrip("0").rstrip(".")


def signed(value: float) -> str:
    """Return a number behind an operator: a negative one in brackets."""
    text = show(value)
    return f"({text})" if text.startswith("-") else text
