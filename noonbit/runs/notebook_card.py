"""What a notebook shows of a run: accuracy, network, data, and where report and files are."""

from html import escape

from noonbit.runs.stored_run import StoredRun


def notebook_card(run: StoredRun) -> str:
    """Return a run as HTML; what people named in it is escaped."""
    evaluation, epochs = run.evaluation, len(run.history)
    headline = escape(run.metadata["status"])
    if evaluation is not None:
        noun = run.contract.preprocessor.noun
        headline = (
            f"<b>{evaluation.accuracy:.2%}</b> of {evaluation.items:,} test {noun}s "
            f"(95 % interval {evaluation.accuracy_low:.2%} to {evaluation.accuracy_high:.2%})"
        )
    report = run.path / "report.html"
    link = (
        f' · <a href="{escape(report.as_uri())}" target="_blank">report</a>'
        if report.is_file()
        else ""
    )
    return (
        f"<div><b>{escape(run.path.name)}</b><br>{headline}<br>"
        f"{escape(str(run.metadata['model']['name']))} on {escape(run.metadata['source'])}"
        f"{f', {epochs} epochs' if epochs else ''}<br>"
        f"<code>{escape(str(run.path))}</code>{link}</div>"
    )
