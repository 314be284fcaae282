"""noonbit studio"""

import gc
from typing import Annotated

from cyclopts import Parameter, validators

from noonbit.cli.output import DataDir, print_line, say
from noonbit.errors import MissingExtra

MODULES = ("nicegui",)
"""Of the extra `studio`."""


def studio(
    *,
    port: Annotated[int, Parameter(validator=validators.Number(gte=0, lt=2**16))] = 8080,
    browser: bool = True,
    data_dir: DataDir = None,
) -> None:
    """Open the pages on which networks are trained, watched and drawn to, until Ctrl-C or SIGTERM.

    They are for this machine alone. Trainings are processes of their own, which go on when the
    studio ends and are found again when it starts. Runs are made and looked for in runs/.

    Parameters
    ----------
    port
        The port to listen on; 0 takes any that is free.
    browser
        Open the first page in the browser.
    """
    require_extra()
    from noonbit.serve.listener import listen, url_of
    from noonbit.studio.settings import StudioSettings

    settings = StudioSettings(port=port, data_dir=data_dir)
    gc.disable()  # until it listens: what is imported stays, and a sixth of the time would go there
    with listen(settings) as listener:
        from noonbit.studio.app import create_app
        from noonbit.studio.server import StudioServer

        def say_address() -> None:
            print_line(url_of(listener))
            say("ends     with Ctrl-C; trainings go on")
            if browser:
                open_browser(url_of(listener))

        StudioServer(create_app(settings), say_address).answer(listener)


def require_extra() -> None:
    """Raise `MissingExtra` if a package of the extra `studio` is not installed."""
    from importlib.util import find_spec

    missing = [name for name in MODULES if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"noonbit studio needs {', '.join(missing)}: python -m pip install 'noonbit[studio]'."
        )


def open_browser(url: str) -> None:
    """Open a page in the browser, without waiting for it."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
