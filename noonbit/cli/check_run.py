"""noonbit check RUN"""

from pathlib import Path
from typing import TYPE_CHECKING

from noonbit.cli.output import print_json, print_line, print_table, say, write_rows
from noonbit.errors import UsageError, plural
from noonbit.terminal import shorten_sentence

if TYPE_CHECKING:
    from noonbit.runs.check import RunCheck
    from noonbit.runs.run import Run

SHOWN = 10
"""Rows printed of each reason; the table has all."""
SURE_ACCURACY = 0.9
"""Below it, a network's own mistakes outnumber what labels usually have."""
ENDINGS = (".csv", ".json", ".parquet")


def check_run(folder: Path, *, out: Path | None, data_dir: Path | None, json: bool) -> None:
    """Check the data of a run, print what a person should look at, and write it as a table."""
    if out is not None and out.suffix not in ENDINGS:
        raise UsageError(f"--out {out} ends in '{out.suffix}'; of a run, use {', '.join(ENDINGS)}.")
    from noonbit.report.page import write_report
    from noonbit.runs.check import check_run as check
    from noonbit.runs.folder import load_run

    run = load_run(folder)
    items = run.items(data_dir=data_dir)
    found = check(run, items)
    rows = found.rows()
    table = out or run.path / "check.csv"
    if rows:
        write_rows(table, rows)
    report = write_report(run, items)
    if json:
        print_json({"run": str(run.path), "table": str(table) if rows else None, **found.as_dict()})
    else:
        print_check(run, found)
    if rows:
        say(f"\ntable    {table} ({plural(len(rows), 'row')})")
    say(f"report   {report}")
    if not found.is_whole and not run.is_ensemble:
        say(
            "next     to judge the training labels too: noonbit train SOURCE --folds 5, then "
            "noonbit check last"
        )


def print_check(run: "Run", found: "RunCheck") -> None:
    """Print a sentence for each kind of finding, with its first items."""
    noun = run.contract.preprocessor.noun
    whose = "outside the source's test part" if found.is_whole else "of the test split"
    wrong = found.count("label")
    print_line(
        f"labels   {wrong:,} of {plural(found.judged, noun)} {whose} "
        f"{'is' if wrong == 1 else 'are'} probably labelled wrongly"
    )
    print_suspects(found, "label")
    if wrong and found.accuracy is not None and found.accuracy.accuracy < SURE_ACCURACY:
        print_line(
            f"note     The networks are right on {found.accuracy.accuracy:.0%}, so many of these "
            "are their own mistakes: read the first ones, and train better networks for the rest."
        )
    if found.near_duplicate_limit is not None:
        count = found.count("near duplicate")
        print_line(
            f"copies   {plural(count, noun)} {'is' if count == 1 else 'are'} nearly one that "
            f"trained (a correlation of {found.near_duplicate_limit:.3f} or more)"
        )
        print_suspects(found, "near duplicate")
    with_all, without = found.accuracy, found.without_near_duplicates
    if with_all is not None and without is not None:
        print_line(
            f"accuracy {without.accuracy:.2%} of {without.items:,} without copies, exact or near "
            f"(95 % interval {without.low:.2%} to {without.high:.2%}), {with_all.accuracy:.2%} of "
            f"all {with_all.items:,}"
        )
    for reason in ("dark", "bright", "flat", "blurry"):
        if count := found.count(reason):
            print_line(
                f"{reason:<8} {plural(count, noun)} {'is' if count == 1 else 'are'} far more "
                f"{reason} than the others"
            )
            print_suspects(found, reason)
    for sentence in found.giveaways:
        print_line(f"note     {shorten_sentence(sentence)}")


def print_suspects(found: "RunCheck", reason: str) -> None:
    """Print the first items that were named for a reason."""
    shown = [one for one in found.suspects if one.reason == reason]
    if shown:
        print_table(
            (
                "path",
                "given label",
                "likely label",
                "probability",
                *(["like"] if shown[0].like else []),
            ),
            [
                (
                    one.path,
                    one.given_label,
                    one.likely_label,
                    f"{one.probability:.4f}",
                    *([one.like] if shown[0].like else []),
                )
                for one in shown[:SHOWN]
            ],
        )
        if len(shown) > SHOWN:
            print_line(f"... and {len(shown) - SHOWN:,} more; the table has them")
        print_line()
