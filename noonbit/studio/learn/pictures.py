"""Pictures that a command wrote on this machine."""

import base64
from pathlib import Path

from nicegui import ui


def add_picture(path: Path, text: str) -> None:
    """Add a PNG as data, so that no path of this machine becomes an address."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    picture = ui.element("img").classes("written")
    picture.props["src"] = f"data:image/png;base64,{data}"
    picture.props["alt"] = text
