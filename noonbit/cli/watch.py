"""noonbit watch RUN"""

import time
from collections.abc import Iterator
from typing import Any

from noonbit.cli.output import print_line, say
from noonbit.errors import CheckFailed, UsageError
from noonbit.live.folder import LiveFolder
from noonbit.runs.find import find_run
from noonbit.runs.lock import is_held
from noonbit.terminal import shell_word

TICK_SECONDS = 0.5
"""Between two lines of numbers."""
LOOK_SECONDS = 0.1
SILENT_SECONDS = 3.0
"""After which it is asked whether the training still runs."""
ANSWER_SECONDS = 30.0
"""How long a wish may wait for the end of a step."""
ENDS = ("finished", "stopped", "diverged")


def watch(
    run: str = "last",
    /,
    *,
    change: tuple[str, ...] = (),
    pause: bool = False,
    step: bool = False,
    go: bool = False,
    stop: bool = False,
) -> None:
    """Follow a training that was started with --live, until it ends or Ctrl-C.

    With a flag, ask the training for something, print its answer, and end.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    change
        Another value of a setting from the next step on, as learning_rate=0.01; may be given
        several times. Also momentum, weight_decay, batch_size.
    pause
        Stop between two steps.
    step
        Take one step, and stop again.
    go
        Go on.
    stop
        Save a checkpoint and end; `noonbit train --resume RUN` goes on.
    """
    folder = LiveFolder(find_run(run))
    folder.require()
    wishes = [read_setting(text) for text in change]
    commands = {"pause": pause, "step": step, "go": go, "stop": stop}
    wishes += [{"kind": name} for name, is_asked in commands.items() if is_asked]
    if wishes:
        ask(folder, wishes)
    else:
        follow(folder)


def read_setting(text: str) -> dict[str, Any]:
    """Return the wish of a text such as `learning_rate=0.01`; raises `UsageError`."""
    name, equals, value = text.partition("=")
    try:
        if not equals:
            raise ValueError
        return {"kind": "set", "setting": name.strip().replace("-", "_"), "value": float(value)}
    except ValueError:
        raise UsageError(
            f"--change takes a setting and a number, such as learning_rate=0.01, and not {text!r}."
        ) from None


def ask(folder: LiveFolder, wishes: list[dict[str, Any]]) -> None:
    """Send wishes in turn, and print what the training answers.

    Raises `UsageError` with the training's sentence for one that it refuses, and `CheckFailed` if
    it does not answer.
    """
    if not is_held(folder.run):
        raise UsageError(f"{folder.run.name} is not being trained now. {go_on(folder)}")
    _, offset = folder.read_log()
    for wish in wishes:
        name = folder.send(wish)
        until = time.monotonic() + ANSWER_SECONDS
        answer = None
        while answer is None:
            lines, offset = folder.read_log(offset)
            answer = next((line for line in lines if line.get("name") == name), None)
            if answer is None and time.monotonic() > until:
                (folder.wishes / f"{name}.json").unlink(missing_ok=True)
                raise CheckFailed(
                    f"{folder.run.name} does not answer; it may have ended, or its steps take "
                    f"longer than {ANSWER_SECONDS:g} s."
                )
            time.sleep(LOOK_SECONDS)
        if answer["kind"] == "refused":
            raise UsageError(answer["message"])
        print_line(describe(answer))


def follow(folder: LiveFolder) -> None:
    """Print what the training does until it ends."""
    for line in read_until_end(folder):
        if line["kind"] == "refused":
            say(f"refused  {line['message']}")
        else:
            print_line(describe(line))


def read_until_end(folder: LiveFolder) -> Iterator[dict[str, Any]]:
    """Yield the lines of the log, numbers thinned to one every `TICK_SECONDS`.

    Raises `CheckFailed` for a training that ended without a word, as one that was killed does.
    """
    lines, offset = folder.read_log()
    latest_tick = next((line for line in reversed(lines) if line["kind"] == "tick"), None)
    others = [line for line in lines if line["kind"] != "tick"]
    lines = others[-1:] if others and others[-1].get("state") in ENDS else []
    next_tick, heard_at = 0.0, time.monotonic()
    if latest_tick is not None:
        yield latest_tick
    while True:
        folder.touch()
        if lines:
            heard_at = time.monotonic()
        elif time.monotonic() - heard_at > SILENT_SECONDS:
            if not is_held(folder.run):
                raise CheckFailed(f"{folder.run.name} ended without a word. {go_on(folder)}")
            heard_at = time.monotonic()
        for line in lines:
            if line["kind"] != "tick":
                yield line
            elif time.monotonic() >= next_tick:
                next_tick = time.monotonic() + TICK_SECONDS
                yield line
            if line.get("state") in ENDS:
                return
        time.sleep(LOOK_SECONDS)
        lines, offset = folder.read_log(offset)


def go_on(folder: LiveFolder) -> str:
    """Return how a training that was stopped goes on."""
    word = shell_word(str(folder.run))
    return f"If it was stopped, it goes on with: noonbit train --resume {word} --live"


def describe(line: dict[str, Any]) -> str:
    """Return a line of the log for people."""
    if line["kind"] == "state":
        return f"{line['state']:<8} after step {line['step']:,}"
    if line["kind"] == "taken":
        return f"{line['wish']['kind']:<8} after step {line['step']:,}"
    if line["kind"] == "change":
        return f"changed  {line['setting']} {line['value']:g} from step {line['step'] + 1:,} on"
    loss, accuracy = (
        "no number" if line[name] is None else f"{line[name]:.4f}" for name in ("loss", "accuracy")
    )
    return (
        f"epoch {line['epoch']}  step {line['step']:,}  loss {loss}  accuracy {accuracy}  "
        f"lr {line['lr']:.3g}  {line['items_per_second']:,.0f} items/s"
    )
