"""noonbit report RUN"""

from noonbit.cli.output import DataDir, Json, print_json, print_line, say
from noonbit.cli.trust import Trust, open_run
from noonbit.language import Language


def report(
    run: str = "last",
    *,
    language: Language | None = None,
    data_dir: DataDir = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Write a run's offline page again, from its folder and its data; nothing is predicted again.

    Parameters
    ----------
    run
        A run folder, a unique beginning of its name, or `last`.
    language
        The language of the page: en, or ko for Korean; by default that of $NOONBIT_LANGUAGE.
    """
    from noonbit.report.page import write_report

    loaded = open_run(run, trust=trust)
    path = write_report(loaded, loaded.items(data_dir=data_dir), language=language)
    if json:
        print_json({"run": str(loaded.path), "report": str(path)})
    else:
        print_line(str(path))
    say(f"next     noonbit errors {loaded.word}")
