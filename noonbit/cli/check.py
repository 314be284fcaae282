"""noonbit check SOURCE|RUN"""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from noonbit.cli.output import (
    MOST_CLASS_ROWS,
    DataDir,
    Json,
    OutFile,
    print_json,
    print_line,
    print_table,
    say,
)
from noonbit.config.read_options import ReadOptions
from noonbit.data.dataset import PART_NAMES, require_pictures
from noonbit.errors import ArtefactNotFound, CheckFailed, UsageError, plural
from noonbit.runs.find import RUN_JSON, find_run
from noonbit.system.paths import exists, user_path
from noonbit.terminal import shell_word, shorten_sentence

if TYPE_CHECKING:
    from pathlib import Path

    from noonbit.data.checks.check import Diagnosis
    from noonbit.data.checks.findings import Finding

SHOWN_DETAIL = 5
"""Names printed under a finding; --json has all."""


def check(
    source: str,
    *,
    read_options: Annotated[ReadOptions, Parameter(name="*")] = ReadOptions(),  # noqa: B008 - frozen
    data_dir: DataDir = None,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Say what a source is, and what is wrong with it; of a run, which of its items to look at.

    Exits with 5 where something is wrong; what noonbit copes with by itself is only noted. Of a
    run: labels that are probably wrong, near-duplicates of training pictures, pictures that stand
    out, and properties that give classes away. Its report is written again with them.

    Parameters
    ----------
    source
        A path, an archive, or a name of `noonbit data`; or a run: its folder, a unique beginning of
        its name, or `last`.
    out
        Of a source: draw a contact sheet here, a PNG with a row of training pictures for each
        class. Of a run: the table of its items, .csv, .json or .parquet; by default check.csv in
        its folder.
    """
    if (run := named_run(source)) is not None:
        from noonbit.cli.check_run import check_run

        if read_options.given():
            raise UsageError(
                f"{source} is a run, which knows how to read its data; leave out flags."
            )
        check_run(run, out=out, data_dir=data_dir, json=json)
        return
    if out is not None and out.suffix.lower() != ".png":
        raise UsageError(f"--out {out} ends in '{out.suffix}'; the contact sheet is a .png.")
    from noonbit.data import open_data
    from noonbit.data.checks.check import SHEET_ROWS, contact_sheet
    from noonbit.data.checks.check import check as check_data

    data = open_data(source, data_dir=data_dir, on_bad="skip", options=read_options)
    if out is not None:
        require_pictures(data, "The contact sheet of --out")
    diagnosis = check_data(data)
    words = f"{shell_word(source)}{read_options.flags()}"
    if json:
        print_json(diagnosis.as_dict())
    else:
        print_diagnosis(diagnosis)
    if out is not None:
        from noonbit.data.contact_sheet import write_png

        write_png(out, contact_sheet(diagnosis.items))
        classes = len(diagnosis.items.data.class_names)
        first = f" (the first {SHEET_ROWS} of {classes:,} classes)" if classes > SHEET_ROWS else ""
        say(f"\nsheet    {out}{first}")
    elif diagnosis.items.preprocessor.shown_as == "picture":
        say(f"\nsheet    noonbit check {words} --out sheet.png draws pictures of every class")
    if diagnosis.problems:
        raise CheckFailed(
            f"{source} has {plural(diagnosis.problems, 'problem')}, as listed. Correct the data, "
            "or train knowing it."
        )
    say(f"next     noonbit train {words}")


def named_run(name: str) -> "Path | None":
    """Return the folder of a run; None for whatever else the name may be.

    A known data set and a path that exists are no runs, unless there is a run.json in them.
    """
    from noonbit.data.known.catalogue import KNOWN

    if name in KNOWN:
        return None
    path = user_path(name)
    if exists(path) and not exists(path / RUN_JSON) and name != "last":
        return None
    try:
        return find_run(name)
    except ArtefactNotFound:
        if name == "last":
            raise
        return None


def print_diagnosis(diagnosis: "Diagnosis") -> None:
    """Print what the data are, their counts, and the findings."""
    from noonbit.data.checks.findings import checks_of

    items = diagnosis.items
    data, split = items.data, items.split
    print_line(f"source   {data.source}: {data.format}")
    for word, text in checks_of(items).lines(items):
        print_line(f"{word:<8} {text}")
    for part in PART_NAMES:
        if part not in data.parts:
            print_line(f"drawn    {part}: {split.reasons[part]}")
    for note in diagnosis.notes:
        print_line(f"note     {shorten_sentence(note)}")
    print_line()
    if not items.has_given_classes:
        print_counts(diagnosis)
        print_line()
    for finding in diagnosis.findings:
        print_finding(finding)
    if not diagnosis.problems:
        print_line("No problem found.")


def print_counts(diagnosis: "Diagnosis") -> None:
    """Print a row per class and a column per part of the source."""
    counts = diagnosis.counts
    columns = list(counts.values())
    rows = [
        (name, *row)
        for name, row in zip(
            diagnosis.items.data.class_names, zip(*columns, strict=True), strict=True
        )
    ]
    print_table(("class", *counts), [*rows[:MOST_CLASS_ROWS], ("all", *map(sum, columns))])
    if len(rows) > MOST_CLASS_ROWS:
        print_line(f"The first {MOST_CLASS_ROWS} of {len(rows):,} classes; --json lists all.")


def print_finding(finding: "Finding") -> None:
    """Print a finding and, unless its sentence contains them, its first names."""
    print_line(f"{finding.severity:<8} {shorten_sentence(finding.title)}")
    if all(line in finding.title for line in finding.detail):
        return
    for line in finding.detail[:SHOWN_DETAIL]:
        print_line(f"         {shorten_sentence(line)}")
    if len(finding.detail) > SHOWN_DETAIL:
        print_line(
            f"         ... and {len(finding.detail) - SHOWN_DETAIL:,} more; --json lists them"
        )
