"""What the pages of a studio share: trainings, data sets, and what the engine was asked once."""

import asyncio
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from noonbit.errors import NoonbitError
from noonbit.studio.data.data_sets import DataSets
from noonbit.studio.engine import ask
from noonbit.studio.trainings import Trainings


class Studio:
    """One studio."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self.data_dir = data_dir
        self.trainings = Trainings(data_dir)
        self.data_sets = DataSets()

    def data_flags(self) -> list[str]:
        """Return the flag of commands that look for known data where the studio was told to."""
        return [] if self.data_dir is None else [f"--data-dir={self.data_dir}"]

    @cached_property
    def _networks(self) -> "asyncio.Task[list[dict[str, Any]]]":
        return asyncio.ensure_future(ask("models"))

    async def networks(self) -> list[dict[str, Any]]:
        """Return the catalogue: name, takes, parameters, multiply_adds, title, source of each.

        It takes seconds at the first call, and is asked for again if it failed.
        """
        try:
            return await asyncio.shield(self._networks)
        except Exception:
            self.__dict__.pop("_networks", None)
            raise

    async def warm_up(self) -> None:
        """Import what the first page needs, while the browser is on its way."""
        with suppress(NoonbitError):  # said on the page
            await asyncio.to_thread(self.known_data)

    def known_data(self) -> dict[str, str]:
        """Return the known data sets that are on this machine, with what they are.

        It looks into folders, and imports NumPy at the first call. Raises `NoonbitError`.
        """
        from noonbit.data.known.locate import locate_all

        return {
            one.known.name: one.known.title
            for one in locate_all(self.data_dir)
            if one.found is not None or not one.known.layouts
        }


studio = Studio()
"""The studio of this process; NiceGUI too has one of everything a process."""
