"""One program of a document: its buttons, what its command says, and its result."""

import shlex
import tomllib
from functools import cache

from nicegui import ui

from noonbit.course.experiments.results import REPRODUCED, read_last_result
from noonbit.course.path.program import FOLDER, QUICK_DATA, Place, Program
from noonbit.errors import NoonbitError
from noonbit.language import LANGUAGES
from noonbit.studio.elements import say_error, words
from noonbit.studio.language import Speech
from noonbit.studio.learn.commands import CourseCommands, Said, training_order
from noonbit.studio.learn.drawings import add_drawing
from noonbit.studio.learn.pictures import add_picture
from noonbit.studio.state import studio
from noonbit.studio.trainings import Order

commands = CourseCommands()
"""Of this studio."""
MOST_LINES = 60
"""Of an output that are shown, from its end."""


def has_run() -> bool:
    """Whether a training has finished, which commands about a run need."""
    return any(each.status == "finished" for each in studio.trainings.list())


@cache
def measured() -> dict[str, list[str]]:
    """Return by experiment what noonbit has measured, and the outcome."""
    return tomllib.loads((FOLDER / "measured.toml").read_text("utf-8"))


class ProgramPanel:
    """What is done with one program."""

    def __init__(self, place: Place, speech: Speech, heading: str) -> None:
        self.place, self.speech, self.heading = place, speech, heading
        program = place.program
        self.texts = {"quick": program.quick_command, "full": program.command}
        if not program.quick:
            del self.texts["full"]
        self.shown: tuple[str, Said] | None = None

    def build(self, *, can_ask_a_run: bool) -> None:
        """Add the commands with their buttons, the output, the result and the drawing."""
        speech, program = self.speech, self.place.program
        self.buttons: list[ui.button] = []
        for form, text in self.texts.items():
            with ui.element("div").classes("side-by-side"):
                self.add_button(form, text)
                if form == list(self.texts)[-1]:
                    self.add_watch_button()
                words("code", text).classes("command")
        if program.other_data:
            data = QUICK_DATA[program.other_data][index_of(speech)]
            words("p", speech("learn.other_data", data=data)).classes("aside")
        if program.needs_run and not can_ask_a_run:
            words("p", speech("learn.needs_run")).classes("aside")
            for button in self.buttons:
                button.disable()
        self.output = ui.element("div").classes("rows")
        self.result = ui.element("dl").classes("facts results")
        self.show_result()
        if program.drawing:
            add_drawing(self.place, speech, commands)

    def add_button(self, form: str, text: str) -> None:
        """Add the button of one form."""
        speech = self.speech
        key = f"learn.{form}" if len(self.texts) > 1 else "learn.run"
        button = ui.button(speech(key), on_click=lambda: self.begin(form, text))
        button.props("unelevated" if form == "quick" else "outline")
        label = speech("learn.of", action=speech(key), heading=self.heading)
        button.props["aria-label"] = label
        self.buttons.append(button)

    def add_watch_button(self) -> None:
        """Add the button that trains as documented where it can be watched.

        It stands beside the command that reproduces the experiment, and beside no other: a summary
        of a network trains nothing, and a training by itself is watched anyway.
        """
        name = self.place.program.experiment
        if not is_reproduced(self.place.program) or (order := watched_order(name)) is None:
            return
        speech = self.speech
        button = ui.button(speech("learn.watch"), on_click=lambda: train(order, speech)).props(
            "outline"
        )
        button.props["aria-label"] = speech(
            "learn.of", action=speech("learn.watch"), heading=self.heading
        )

    def begin(self, form: str, text: str) -> None:
        """Run a command; a training that can be watched is watched."""
        order = training_order(text)
        if order is not None:
            train(order, self.speech)
            return
        try:
            commands.begin(self.name_of(form), text, studio.data_dir, self.speech.language)
        except NoonbitError as error:
            say_error(self.speech.engine(str(error)))

    def find(self) -> tuple[str, Said] | None:
        """Return the name of the form that was begun last and what it said, if any was."""
        return commands.find_latest(*(self.name_of(form) for form in self.texts))

    def name_of(self, form: str) -> str:
        """Return by what name a form is run."""
        return f"{self.place.name}-{form}"

    def show(self, latest: tuple[str, Said] | None) -> None:
        """Show what is new."""
        if latest is None or latest == self.shown:
            return
        has_ended = self.shown is not None and self.shown[1].is_running
        self.shown = latest
        name, said = latest
        form = next(form for form in self.texts if self.name_of(form) == name)
        self.show_output(name, self.texts[form], said)
        if has_ended and not said.is_running:
            self.show_result()

    def show_output(self, name: str, text: str, said: Said) -> None:
        """Show an output, and the pictures that were written."""
        speech = self.speech
        self.output.clear()
        with self.output:
            lines = [line for line in said.lines if not line.startswith("error: ")]
            log = words("pre", "\n".join(lines[-MOST_LINES:])).classes("log output")
            log.props('tabindex="0" role="region"')
            if not text.startswith("noonbit reproduce"):
                log.props('lang="en"')
            log.props["aria-label"] = speech("learn.output", command=text)
            with ui.element("div").classes("side-by-side"):
                if said.is_running:
                    words("span", speech("learn.running")).classes("status training")
                    ui.button(speech("learn.stop"), on_click=lambda: commands.stop(name)).props(
                        "outline dense"
                    )
                elif said.error is not None:
                    words("p", speech("learn.failed", sentence=speech.engine(said.error))).classes(
                        "warning"
                    ).props('role="status"')
                else:
                    words("span", speech("learn.ended")).classes("status finished").props(
                        'role="status"'
                    )
            for path in said.pictures:
                add_picture(path, f"{speech('learn.picture')}: {path.name}")

    def show_result(self) -> None:
        """Show what the document says, what noonbit measured, and what came out here."""
        speech, name = self.speech, self.place.program.experiment
        self.result.clear()
        self.result.set_visibility(bool(name))
        if not name:
            return
        try:
            last = read_last_result(name, REPRODUCED)
        except NoonbitError:
            last = None  # damaged; it is said where it is run again
        from noonbit.course.experiments.experiment import load_experiment  # and with it the recipe

        one, index = load_experiment(name), index_of(speech)
        facts = [(speech("learn.says"), one.says[index])]
        if name in measured():
            *both, outcome = measured()[name]
            figures = f"{both[index]} · {speech(f'outcome.{outcome}')}"
            if not is_reproduced(self.place.program):  # the command may be about a larger form
                figures = f"{one.title[index]}: {figures}"
            facts.append((speech("learn.measured"), figures))
        here = speech("learn.not_here")
        if last is not None:
            verdict = last.verdict
            here = f"{speech(f'outcome.{verdict.outcome}')} · {verdict.sentence[index]}"
        facts.append((speech("learn.here"), here))
        with self.result:
            for title, text in facts:
                words("dt", title)
                words("dd", text)


def is_reproduced(program: Program) -> bool:
    """Whether a program's command reproduces its experiment."""
    return shlex.split(program.command)[1:] == ["reproduce", program.experiment]


def index_of(speech: Speech) -> int:
    """Return which of a program's two texts is spoken."""
    return list(LANGUAGES).index(speech.language)


def watched_order(experiment: str) -> Order | None:
    """Return the first training of an experiment as one that is watched; None without any.

    An ensemble cannot be watched, and the network by hand is no training of the engine.
    """
    from noonbit.course.experiments.experiment import load_experiment

    one = load_experiment(experiment)
    if one.members > 1 or (one.claim is not None and one.claim.kind == "table"):
        return None
    arm = next(iter(one.recipes()))
    is_only = len(one.recipes()) == 1
    return Order(one.source, settings=(("config", one.name if is_only else f"{one.name}:{arm}"),))


def train(order: Order, speech: Speech) -> None:
    """Begin a training with a report in the page's language, and go to where it is watched."""
    try:
        name = studio.trainings.begin(order, language=speech.language)
    except NoonbitError as error:
        say_error(speech.engine(str(error)))
        return
    ui.navigate.to(f"/train/{name}")
