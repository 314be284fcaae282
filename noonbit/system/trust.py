"""Which Python code may run: what this user named in a command, or trusted with `--trust`.

A run folder or a settings file may come from anybody, and name a Python file. What is trusted is
that file's bytes, by their SHA-256, and one function of them. The list is a text file of the user's
settings, a line each, so what was trusted once stays so on this machine:

    3fa9c1...0b7e build '/home/me/net.py'
"""

import os
from pathlib import Path
from typing import NamedTuple

from noonbit.system.paths import user_path
from noonbit.system.private import NO_LINK, make_private_folder, read_private

_TRUSTED_HERE: set["TrustedCode"] = set()
"""What this process trusts, whether or not the list could be written."""


class TrustedCode(NamedTuple):
    """A function of a file that may be run."""

    sha256: str
    """Of the file's bytes, 64 hexadecimal digits."""
    function: str
    """A Python identifier, which has no white space."""


def trust(code: TrustedCode, origin: Path) -> str | None:
    """Trust code from now on; `origin` is written beside it, for people.

    Returns None, or why it is trusted in this process only, as the end of a sentence.
    """
    if is_trusted(code):
        return None
    _TRUSTED_HERE.add(code)
    path = trusted_file()
    line = f"{code.sha256} {code.function} {ascii(str(origin))}\n"
    try:
        make_private_folder(path.parent)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_LINK
        handle = os.open(path, flags, mode=0o600)
        try:
            os.write(handle, line.encode())  # in one piece, so two processes may append at once
        finally:
            os.close(handle)
    except OSError as error:
        return f"{path} cannot be written ({error.strerror})"
    return None if code in read_trusted(path) else f"others may write {path}, so it does not count"


def is_trusted(code: TrustedCode) -> bool:
    """Whether the user named or trusted this code, now or before."""
    return code in _TRUSTED_HERE or code in read_trusted(trusted_file())


def read_trusted(path: Path) -> set[TrustedCode]:
    """Read the list; empty if there is none, and if anybody but this user may have written it."""
    text = (read_private(path) or b"").decode("utf-8", "replace")
    lines = [line.split(" ", 2) for line in text.splitlines()]
    return {TrustedCode(*line[:2]) for line in lines if len(line) == 3}


def trusted_file() -> Path:
    """Return the path of the list: in noonbit's folder of `$XDG_CONFIG_HOME`, or of ~/.config."""
    settings = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return user_path(settings) / "noonbit" / "trusted-code.txt"
