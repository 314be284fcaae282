"""Files of a cache are trusted if nobody but their user can have written them."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hostile_files import HOSTILITIES, OPENINGS, REPLACEMENTS

from noonbit.system.private import (
    is_group_of_one,
    make_private_folder,
    open_private,
    read_value,
    store_value,
    why_unsafe,
)

Hostility = Callable[[Path], None]


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A value in a private folder."""
    path = tmp_path / "cache" / "values" / "one.json"
    make_private_folder(path.parent)
    store_value(path, {"one": [1, "2", None, "\udcff"]})
    return path


def can_be_opened(path: Path) -> bool:
    file = open_private(path)
    if file is not None:
        file.close()
    return file is not None


def give_away(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, -1)


@pytest.mark.parametrize("mask", [0, 0o002, 0o077])
def test_what_is_stored_is_read_whatever_the_umask(mask: int, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folders" / "one.json"
    with umask(mask):
        make_private_folder(path.parent)
        store_value(path, {"one": [1, "2", None, "\udcff"]})
    assert read_value(path) == {"one": [1, "2", None, "\udcff"]}
    assert {stat.S_IMODE(place.stat().st_mode) for place in path.parents[:2]} == {0o700}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("harm", HOSTILITIES)
def test_what_is_damaged_replaced_or_open_to_others_is_not_read(
    harm: Hostility, stored: Path
) -> None:
    harm(stored)
    assert read_value(stored) is None


@pytest.mark.parametrize("harm", [*REPLACEMENTS, *OPENINGS])
def test_it_is_not_even_opened(harm: Hostility, stored: Path) -> None:
    harm(stored)
    assert not can_be_opened(stored)


def test_every_single_flipped_byte_of_a_value_is_found(stored: Path) -> None:
    whole = stored.read_bytes()
    for place in range(len(whole)):
        stored.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        assert read_value(stored) is None


def test_a_file_of_another_user_is_not_opened(stored: Path) -> None:
    give_away(stored)
    assert not can_be_opened(stored)


def test_a_folder_of_another_user_is_refused_by_name(stored: Path) -> None:
    place = stored.parents[1]
    give_away(place)
    assert not can_be_opened(stored)
    with pytest.raises(PermissionError, match=f"{place} belongs to another user"):
        make_private_folder(stored.parent)


def test_a_folder_that_others_can_move_is_refused_by_name(stored: Path) -> None:
    place = stored.parents[1]
    place.chmod(0o777)
    assert not can_be_opened(stored)
    with pytest.raises(PermissionError, match=f"others can write to {place}"):
        make_private_folder(stored.parent)
    place.chmod(0o1777)  # as /tmp, where nobody can move what is another's
    assert can_be_opened(stored)


def test_a_folder_may_be_reached_through_a_link(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(stored.parents[1])
    assert can_be_opened(tmp_path / "link" / "values" / "one.json")


def test_only_a_group_of_one_user_may_write(stored: Path) -> None:
    stored.parent.chmod(0o770)
    assert (why_unsafe(stored.parent) is None) == is_group_of_one(stored.parent.stat().st_gid)
    assert not is_group_of_one(2**31 - 2)


def test_what_lies_around_the_home_is_not_asked(
    stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored.parents[1].chmod(0o777)
    monkeypatch.setenv("HOME", str(stored.parent))
    assert can_be_opened(stored)
