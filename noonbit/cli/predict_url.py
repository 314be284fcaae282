"""noonbit predict --url URL INPUTS"""

import os
from collections.abc import Mapping, Sequence

from noonbit.cli.prediction_output import Answer
from noonbit.config.read_options import ReadOptions
from noonbit.errors import UsageError


def predict_by_server(
    url: str, sources: Sequence[str], texts: Sequence[str], options: ReadOptions
) -> Answer:
    """Ask a server about sentences and about every input at some paths.

    The key is that of `NOONBIT_API_KEY`, if there is one. Raises as `RemoteModel.open` and
    `RemoteModel.predict`.
    """
    from noonbit.serve.client import RemoteModel
    from noonbit.serve.settings import KEY_VARIABLE

    if not sources and not texts:
        raise UsageError(
            "noonbit predict --url takes at least one picture, folder, array or file of texts, or "
            "--text SENTENCE."
        )
    with RemoteModel.open(url, os.environ.get(KEY_VARIABLE) or None) as model:
        predictions = model.predict(sources, texts=texts, options=options)
        return Answer(predictions, model.preprocessor, {"url": url})


def refuse_flags_of_runs(given: Mapping[str, bool]) -> None:
    """Raise `UsageError` for a flag that needs the run itself, which a server does not show."""
    for flag, is_given in given.items():
        if is_given:
            raise UsageError(
                f"{flag} looks into a run, which a server does not show. Leave it out, or give the "
                "run in place of --url."
            )
