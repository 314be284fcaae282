"""noonbit serve RUN|model.onnx"""

import logging
import os
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from noonbit.cli.output import print_line, say
from noonbit.cli.trust import Trust
from noonbit.errors import MissingExtra, plural
from noonbit.system.paths import is_file, user_path

if TYPE_CHECKING:
    from noonbit.export.onnx_model import OnnxModel
    from noonbit.serve.settings import ServeSettings

MODULES = (
    "httptools",
    "onnxruntime",
    "prometheus_client",
    "python_multipart",
    "uvicorn",
)
"""Of the extra `serve`."""
EXAMPLES = {
    "pictures": "-F file=@PICTURE",
    "sentences": '--json \'{"texts": ["SENTENCE"]}\'',
    "boards": "-F file=@GAME.sgf",
}
"""How curl sends an input of each kind."""


def serve(
    model: str = "last",
    /,
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**16))] = 8000,
    allowed_host: tuple[str, ...] = (),
    max_batch: Annotated[int, Parameter(validator=validators.Number(gte=1, lte=1024))] = 64,
    timeout: Annotated[float, Parameter(validator=validators.Number(gt=0, lte=3600))] = 30.0,
    trust: Trust = False,
) -> None:
    """Answer over HTTP, until Ctrl-C or SIGTERM.

    Other machines may ask only with --host, and only with the key in the variable NOONBIT_API_KEY.

    Parameters
    ----------
    model
        A run folder, a unique beginning of its name, or `last`, which is exported once; or a file
        of `noonbit export`.
    host
        The address to listen on; 0.0.0.0 is every address of this machine.
    port
        The port to listen on; 0 takes any that is free.
    allowed_host
        A name by which clients call this machine, besides localhost and its addresses; may be
        given several times.
    max_batch
        How many inputs the network answers at once.
    timeout
        Seconds after which a request is given up.
    """
    require_extra()
    from noonbit.serve.app import create_app
    from noonbit.serve.listener import listen, url_of
    from noonbit.serve.server import serve as run_server
    from noonbit.serve.settings import KEY_VARIABLE, ServeSettings

    settings = ServeSettings(
        host=host,
        port=port,
        api_key=os.environ.get(KEY_VARIABLE) or None,
        allowed_hosts=allowed_host,
        max_batch=max_batch,
        timeout_seconds=timeout,
    )
    with listen(settings) as listener:
        log_to_stderr()
        opened = open_model(model, trust=trust)
        app = create_app(opened, settings)

        def say_address() -> None:
            print_line(url_of(listener))
            say(f"serves   {describe(opened)}")
            say(f"next     {curl_line(opened, settings, url_of(listener))}")

        given_up = run_server(app, listener, settings, on_start=say_address)
    if given_up:
        grace = f"{settings.grace_seconds:g} seconds"
        say(f"stopped  {plural(given_up, 'request')} had no answer after {grace}")
    else:
        say("stopped  every request that was taken is answered")


def require_extra() -> None:
    """Raise `MissingExtra` if a package of the extra `serve` is not installed."""
    from importlib.util import find_spec

    missing = [name for name in MODULES if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"noonbit serve needs {', '.join(missing)}: python -m pip install 'noonbit[serve]'."
        )


def open_model(name: str, *, trust: bool) -> "OnnxModel":
    """Open an exported file, or a run."""
    from noonbit.export.onnx_model import OnnxModel
    from noonbit.serve.exported import open_run

    path = user_path(name)
    return OnnxModel.open(path) if is_file(path) else open_run(name, trust=trust)


def describe(model: "OnnxModel") -> str:
    """`digits: mlp on digits, 97.77 % of 359 test images right`."""
    card = model.card
    words = f"{card.run}: {card.network} on {card.source}"
    if card.accuracy is None:
        return words
    noun = model.contract.preprocessor.noun
    return f"{words}, {card.accuracy:.2%} of {card.test_items:,} test {noun}s right"


def curl_line(model: "OnnxModel", settings: "ServeSettings", url: str) -> str:
    """Return the command that asks the server for the first time."""
    example = EXAMPLES[model.contract.preprocessor.input_kind]
    key = '-H "X-API-Key: $NOONBIT_API_KEY" ' if settings.api_key else ""
    return f"curl {key}{example} {url}/v1/predict"


def log_to_stderr() -> None:
    """Print the server's log, a line for each request, as all that is for people."""

    class SayHandler(logging.Handler):
        """Prints each line of a record with its time, and with control characters escaped."""

        def emit(self, record: logging.LogRecord) -> None:
            moment = time.strftime("%H:%M:%S", time.localtime(record.created))
            for line in self.format(record).splitlines():
                say(f"{moment} {line}")

    handler = SayHandler()
    for name in ("noonbit.serve", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
    logging.getLogger("noonbit.serve").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
