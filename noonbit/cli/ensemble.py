"""noonbit ensemble RUN RUN ..."""

from noonbit.cli.output import DataDir, Json, OutFolder, print_trained
from noonbit.cli.trust import Trust, open_run
from noonbit.config.ensemble import DEFAULT_COMBINE, Combine


def ensemble(
    *runs: str,
    combine: Combine = DEFAULT_COMBINE,
    out: OutFolder = None,
    data_dir: DataDir = None,
    trust: Trust = False,
    json: Json = False,
) -> None:
    """Let runs on the same data answer as one, and leave a run folder with a report.

    Parameters
    ----------
    runs
        Two finished runs or more: folders or unique beginnings of their names.
    combine
        The sum of their networks' outputs, the mean of their probabilities, or a vote.
    out
        The run folder to make; by default one in runs/, named after time, networks and data.
    """
    from noonbit.jobs.combine import combine_runs as ensemble_runs
    from noonbit.jobs.progress import display

    with display() as observer:
        run = ensemble_runs(
            [open_run(name, trust=trust) for name in runs],
            combine=combine,
            out=out,
            data_dir=data_dir,
            observer=observer,
        )
    print_trained(run, json=json)
