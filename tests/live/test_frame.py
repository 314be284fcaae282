"""A frame holds the numbers and pictures of a moment, and gives them back."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from noonbit.live.frame import ATLAS_WIDTH, Atlas, Tile, decode_frame, encode_frame, maps_of


def there_and_back(*maps, **options):
    """The tiles of maps, and what a reader finds in them."""
    atlas = Atlas()
    tiles = [atlas.add(each, **options) for each in maps]
    header, pixels = decode_frame(encode_frame({"tiles": tiles}, atlas.pixels()))
    read = [Tile(**tile) for tile in header["tiles"]]
    assert read == tiles
    return tiles, [maps_of(tile, pixels) for tile in read]


shapes = st.tuples(st.integers(1, 70), st.integers(1, 12), st.integers(1, 40))


@settings(max_examples=60, deadline=None)
@given(st.lists(shapes.flatmap(lambda shape: arrays(np.uint8, shape)), min_size=1, max_size=6))
def test_maps_of_bytes_come_back_as_they_were(maps):
    floats = [each.astype(np.float32) for each in maps]
    _, read = there_and_back(*floats, value_range=(0.0, 255.0))
    for one, other in zip(maps, read, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_colour_picture_keeps_its_planes():
    picture = np.arange(3 * 4 * 5, dtype=np.float32).reshape(1, 3, 4, 5)
    (tile,), (read,) = there_and_back(picture, value_range=(0.0, 255.0))
    assert (tile.channels, tile.width, tile.height) == (3, 5, 4)
    np.testing.assert_array_equal(read, picture)


def test_maps_are_scaled_by_their_own_range():
    (tile,), (read,) = there_and_back(np.float32([[[-1.0, 0.0, 3.0]]]))
    assert (tile.low, tile.high, tile.signed) == (-1.0, 3.0, False)
    np.testing.assert_array_equal(read[0, 0], [0, 64, 255])


def test_signed_maps_have_zero_in_the_middle():
    (tile,), (read,) = there_and_back(np.float32([[[-1.0, 0.0, 3.0]]]), signed=True)
    assert (tile.low, tile.high) == (-3.0, 3.0)
    np.testing.assert_array_equal(read[0, 0], [85, 128, 255])


@pytest.mark.parametrize("value", [0.0, 2.5, -2.5])
def test_a_map_of_one_value_is_no_division_by_zero(value):
    (tile,), (read,) = there_and_back(np.full((2, 3, 3), value, np.float32))
    assert tile.low == tile.high == value
    assert set(np.unique(read)) == {255 if value > 0 else 0}


def test_what_is_no_number_leaves_the_others_visible():
    values = np.float32([[[np.nan, -1.0, 1.0, np.inf, -np.inf]]])
    (tile,), (read,) = there_and_back(values)
    assert (tile.low, tile.high) == (-1.0, 1.0)
    np.testing.assert_array_equal(read[0, 0], [127, 0, 255, 255, 0])


def test_a_map_without_any_number_has_a_range():
    (tile,), _ = there_and_back(np.full((1, 2, 2), np.nan, np.float32))
    assert (tile.low, tile.high) == (0.0, 0.0)


def test_tiles_stand_beside_and_below_each_other():
    maps = [np.ones((4, 20, 20), np.float32)] * 30
    tiles, _ = there_and_back(*maps)
    assert len({(tile.x, tile.y) for tile in tiles}) == 30
    assert max(tile.x + 4 * tile.width for tile in tiles) <= ATLAS_WIDTH
    taken = np.zeros((2000, ATLAS_WIDTH), int)
    for tile in tiles:
        rows = -(-tile.count // tile.columns)
        taken[
            tile.y : tile.y + rows * tile.height, tile.x : tile.x + tile.columns * tile.width
        ] += 1
    assert taken.max() == 1


def test_a_header_is_json_that_others_can_read():
    frame = encode_frame({"ä": 1}, np.zeros((2, 3), np.uint8))
    (length,) = struct.unpack("<I", frame[:4])
    assert length % 4 == 0
    assert json.loads(frame[4 : 4 + length]) == {"ä": 1, "atlas": {"height": 2, "width": 3}}
    assert len(frame) == 4 + length + 6


@pytest.mark.parametrize("cut", [0, 3, 10, -1])
def test_half_a_frame_is_no_frame(cut):
    frame = encode_frame({"step": 1}, np.zeros((2, 3), np.uint8))
    with pytest.raises(ValueError):
        decode_frame(frame[:cut])
