"""Framed images: the same from the cache as from the files, and from the disk as from memory."""

import json
import multiprocessing
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hostile_files import DAMAGES, let_others_write, make_link, make_pipe
from numpy.typing import NDArray
from PIL import Image

from noonbit.config.recipe import Recipe
from noonbit.data import cache, files, mapped
from noonbit.data.checks.check import check
from noonbit.data.dataset import NumberedNames, Part, PartName, RawDataset
from noonbit.data.mapped import is_mapped
from noonbit.data.prepared import PreparedDataset, load, prepare
from noonbit.data.preprocess import common_traits, transform
from noonbit.data.preprocess.images import ImagePreprocessor
from noonbit.data.readers import headers, pictures
from noonbit.data.source import open_data
from noonbit.errors import DataError

SKIP = Recipe(on_bad="skip")


@pytest.fixture(autouse=True)
def everything_is_worth_keeping(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv(cache.LIMIT_VARIABLE, raising=False)
    monkeypatch.setattr(transform, "WORTH_KEEPING", 0)
    for module in (headers, common_traits):
        monkeypatch.setattr(module, "WORTH_KEEPING", 1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Thirty drawings of two classes, one of them blank, two the same, two unreadable."""
    generator = np.random.default_rng(0)
    for label in ("dark", "light"):
        for part in ("train", "test"):
            (tmp_path / "pictures" / part / label).mkdir(parents=True)
    for number in range(30):
        part, label = ("train", "test")[number % 5 == 0], ("dark", "light")[number % 2]
        pixels = np.zeros((14 + number % 3, 15), np.uint8)
        pixels[4:10, 4:10] = generator.integers(90, 255, (6, 6))
        if number in (1, 3):
            pixels = np.pad(np.full((6, 6), 77, np.uint8), 4)
        if number == 7:
            pixels[:] = 0
        path = tmp_path / "pictures" / part / label / f"{number}.png"
        Image.fromarray(pixels).save(path)
        if number == 9:
            path.write_bytes(path.read_bytes()[:70])
        if number == 12:
            path.write_text("not an image")
    return tmp_path / "pictures"


def load_it(source: Path) -> PreparedDataset:
    return load(source, SKIP, data_dir=None)


def entries(kind: str) -> list[Path]:
    return sorted(cache.folder().glob(f"{kind}-*"))


def entry() -> Path:
    (path,) = entries("transformed")
    return path


def assert_same(one: PreparedDataset, other: PreparedDataset) -> None:
    assert (one.values == other.values).all() and one.values.shape == other.values.shape
    assert (one.labels == other.labels).all()
    for part in ("train", "validation", "test"):
        assert (one.indices(part) == other.indices(part)).all()
    assert list(one.names) == list(other.names)
    for name in ("preprocessor", "bad", "fingerprint"):
        assert getattr(one, name) == getattr(other, name), name
    for name in ("format", "class_names", "value_range", "bad", "notes"):
        assert getattr(one.data, name) == getattr(other.data, name), name
    for part in one.data.parts:
        facts = [
            [(p.name, p.width, p.height, p.channels, p.format) for p in data.parts[part].raw]
            for data in (one.data, other.data)
        ]
        assert facts[0] == facts[1]


def nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a picture was opened")

    monkeypatch.setattr(pictures, "_open", refuse)


def test_a_second_load_is_the_same_and_opens_no_picture(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_it(source)
    assert not first.from_cache and not is_mapped(first.values)
    assert len(first.bad) == 2 and len(first.labels) == 29
    assert first.preprocessor.polarity == "light on dark"
    nothing_is_opened(monkeypatch)
    second = load_it(source)
    assert second.from_cache and is_mapped(second.values)
    assert_same(first, second)
    assert {name: each.tolist() for name, each in first.adjusted.items()} == {
        name: each.tolist() for name, each in second.adjusted.items()
    }
    assert len(first.adjusted["resized"]) == 19


def test_the_cache_is_told_by_no_finding(source: Path) -> None:
    first, second = (check(open_data(source, on_bad="skip")) for _ in range(2))
    assert second.items.from_cache
    assert first.as_dict() == second.as_dict()


def test_without_a_cache_it_is_the_same(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_it(source)
    kept = load_it(source)
    monkeypatch.setenv(cache.LIMIT_VARIABLE, "0")
    fresh = load_it(source)
    assert kept.from_cache and not fresh.from_cache
    assert_same(kept, fresh)


def repainted(source: Path) -> None:
    path = source / "train" / "dark" / "2.png"
    status, content = path.stat(), bytearray(path.read_bytes())
    content[-1] ^= 1  # behind the picture's end
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # as `cp --preserve` would


def touched(source: Path) -> None:
    os.utime(source / "train" / "dark" / "2.png", ns=(0, 10**18))


def added(source: Path) -> None:
    Image.new("L", (15, 15), 30).save(source / "train" / "dark" / "new.png")


def removed(source: Path) -> None:
    (source / "train" / "dark" / "2.png").unlink()


def renamed(source: Path) -> None:
    (source / "train" / "dark" / "2.png").rename(source / "train" / "dark" / "3.png")


def moved(source: Path) -> None:
    (source / "train" / "dark" / "2.png").rename(source / "train" / "light" / "2.png")


@pytest.mark.parametrize("change", [repainted, touched, added, removed, renamed, moved])
def test_any_change_is_seen(source: Path, change: Callable[[Path], None]) -> None:
    load_it(source)
    change(source)
    again = load_it(source)
    assert not again.from_cache
    assert load_it(source).from_cache


def test_another_preprocessor_is_another_entry(source: Path) -> None:
    first = load_it(source)
    data = open_data(source, on_bad="skip")
    other = prepare(data, ImagePreprocessor(height=9, width=7, channels=3), on_bad="skip")
    assert not other.from_cache and other.values.shape == (29, 3, 9, 7)
    assert prepare(data, first.preprocessor, on_bad="skip").from_cache
    assert len(entries("transformed")) == 2


def test_another_decoder_is_another_entry(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_it(source)
    for name in ("decoder_version", "preprocessing_code"):
        for module in (headers, common_traits, transform):
            monkeypatch.setattr(module, name, lambda: "another", raising=False)
    assert not load_it(source).from_cache


@pytest.mark.parametrize("name", ["transform_one", "resize", "border_level", "decode", "levels_of"])
def test_a_change_of_what_makes_pixels_makes_another_decoder(name: str) -> None:
    assert f"def {name}(" in common_traits.preprocessing_code()


def test_labels_may_change_without_their_pictures(source: Path) -> None:
    for _ in range(2):
        data = open_data(source, on_bad="skip")
        train = data.train
        assert train.labels is not None
        parts: dict[PartName, Part] = {
            "train": Part(train.raw, 1 - train.labels, train.names),
            "test": data.parts["test"],
        }
        swapped = RawDataset(data.source, data.format, parts, data.class_names)
        preprocessor = load_it(source).preprocessor
        fresh = prepare(swapped, preprocessor, on_bad="skip")
        assert fresh.from_cache
        assert fresh.fingerprint != load_it(source).fingerprint
        assert fresh.fingerprint == transform.fingerprint(swapped, fresh.values)


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def replaced_by_text(path: Path) -> None:
    path.write_text("something else")


def rewritten(path: Path, facts: object, pixels: NDArray[np.generic]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(transform.FACTS, json.dumps(facts))
        with archive.open(transform.PIXELS, "w") as file:
            np.save(file, pixels)


def of_another_shape(path: Path) -> None:
    rewritten(path, {}, np.zeros((29, 1, 4, 4), np.uint8))


def of_objects(path: Path) -> None:
    rewritten(path, {}, np.array([print], object))


def without_facts(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        pixels = np.load(archive.open(transform.PIXELS))
    rewritten(path, [], pixels)


def with_another_fingerprint(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[raw.index(b'"fingerprint": "') + 20] ^= 1
    path.write_bytes(raw)


@pytest.mark.parametrize(
    "damage",
    [
        shortened,
        emptied,
        replaced_by_text,
        of_another_shape,
        of_objects,
        without_facts,
        Path.unlink,
        with_another_fingerprint,
        *DAMAGES,
        make_pipe,
        make_link,
        let_others_write,
    ],
)
def test_a_damaged_or_foreign_entry_is_made_again(
    source: Path, damage: Callable[[Path], None]
) -> None:
    first = load_it(source)
    damage(entry())
    again = load_it(source)
    assert not again.from_cache
    assert_same(first, again)
    assert load_it(source).from_cache


def test_damaged_headers_are_read_again(source: Path) -> None:
    first = load_it(source)
    for content in ("[]", "{}", "[[1, 2]]", "null", '{"polarity": "none"}', "[" * 100_000):
        for kind in ("headers", "drawing"):
            (path,) = entries(kind)
            path.write_text(content)
        assert_same(first, load_it(source))


def test_an_entry_is_a_zip_that_numpy_opens(source: Path) -> None:
    first = load_it(source)
    with np.load(entry(), allow_pickle=False) as stored:
        assert (stored["pixels"] == first.values).all()


def load_and_report(source: Path, results: "multiprocessing.Queue[str]") -> None:
    for module in (headers, common_traits, transform):
        module.WORTH_KEEPING = 0
    results.put(load_it(source).fingerprint)


def test_two_processes_at_once_are_both_fine(source: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[str] = context.Queue()
    processes = [context.Process(target=load_and_report, args=(source, results)) for _ in range(2)]
    for process in processes:
        process.start()
    found = [results.get(timeout=60) for _ in processes]
    for process in processes:
        process.join()
    again = load_it(source)
    assert again.from_cache and found == [again.fingerprint] * 2
    assert not [path for path in cache.folder().iterdir() if path.name.startswith(".")]


def test_where_nothing_can_be_written_one_note_says_so(source: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in its place")
    for _ in range(2):
        items = load_it(source)
        assert not items.from_cache
        (note,) = (note for note in items.data.notes if "kept" in note)
        assert note == (
            "The decoded pictures are not kept for the next time: "
            f"{tmp_path / 'cache' / 'decoded'} cannot be used (File exists)."
        )


def test_what_could_not_be_opened_is_tried_again(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = source / "train" / "light" / "29.png"
    opened = Path.open

    def open_path(path: Path, *arguments: str, **named: str) -> object:
        if path == denied:
            raise PermissionError(13, "Permission denied")
        return opened(path, *arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_path)
        assert len(load_it(source).bad) == 3
    assert len(load_it(source).bad) == 2
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", open_path)
        prepare(
            open_data(source, on_bad="skip"),
            ImagePreprocessor(height=9, width=7, channels=3),
            on_bad="skip",
        )
    data = open_data(source, on_bad="skip")
    again = prepare(data, ImagePreprocessor(height=9, width=7, channels=3), on_bad="skip")
    assert not again.from_cache and len(again.bad) == 2


def test_few_pictures_are_not_worth_an_entry(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform, "WORTH_KEEPING", 30 * 15 * 15)
    for module in (headers, common_traits):
        monkeypatch.setattr(module, "WORTH_KEEPING", 31)
    load_it(source)
    assert not cache.folder().exists()


def test_members_of_archives_and_tables_of_paths_are_kept_too(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_it(source)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted(source.rglob("*.png")):
            archive.write(path, path.relative_to(source))
    rows = [
        f"{path.relative_to(source)},{path.parent.name},{path.parent.parent.name}"
        for path in sorted(source.rglob("*.png"))
    ]
    (source / "table.csv").write_text("\n".join(["path,label,split", *rows]))
    places = (tmp_path / "all.zip", source / "table.csv", source)
    fresh = [load_it(place) for place in places]
    nothing_is_opened(monkeypatch)
    for place, before in zip(places, fresh, strict=True):
        again = load_it(place)
        assert again.from_cache, place
        assert_same(before, again)
    assert fresh[0].fingerprint == first.fingerprint


# Larger than memory


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapped, "LEAST_LARGE", 0)
    monkeypatch.setattr(mapped, "available_memory_bytes", lambda: 1024)
    monkeypatch.setattr(transform, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(files, "SMALL", 256)


@pytest.mark.parametrize("gigabytes", ["0", "1"])
def test_pictures_that_exceed_the_memory_are_the_same_on_the_disk(
    source: Path, gigabytes: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv(cache.LIMIT_VARIABLE, "0")
    small = load_it(source)
    request.getfixturevalue("little_memory")
    monkeypatch.setenv(cache.LIMIT_VARIABLE, gigabytes)
    large = load_it(source)
    assert not is_mapped(small.values) and is_mapped(large.values)
    assert not large.from_cache
    assert_same(small, large)


def test_pictures_are_framed_in_blocks(
    source: Path, monkeypatch: pytest.MonkeyPatch, little_memory: None
) -> None:
    del little_memory
    sizes: list[int] = []
    transform = ImagePreprocessor.transform

    def watched(preprocessor: ImagePreprocessor, images: object) -> object:
        prepared = transform(preprocessor, images)  # type: ignore[arg-type]
        sizes.append(prepared.values.nbytes)
        return prepared

    data = open_data(source, on_bad="skip")
    monkeypatch.setattr(ImagePreprocessor, "transform", watched)
    prepare(data, ImagePreprocessor(height=14, width=14, channels=1), on_bad="skip")
    assert sum(sizes) == 29 * 14 * 14 and max(sizes) <= 2000


def three_parts(tmp_path: Path, *, inverted: int | None = None) -> Path:
    """Drawings in a .npz of three parts, light on dark but for one."""
    arrays = {}
    generator = np.random.default_rng(1)
    for name, count in (("train", 120), ("val", 20), ("test", 30)):
        images = np.zeros((count, 8, 8), np.uint8)
        images[:, 2:6, 2:6] = generator.integers(1, 256, (count, 4, 4))
        arrays |= {f"x_{name}": images, f"y_{name}": np.arange(count) % 3}
    if inverted is not None:
        arrays["x_train"][inverted] = 255 - arrays["x_train"][inverted]
    np.savez(tmp_path / "parts.npz", **arrays)
    return tmp_path / "parts.npz"


@pytest.mark.parametrize("inverted", [None, 5, 100])
def test_arrays_of_several_parts_are_the_same_on_the_disk(
    tmp_path: Path, inverted: int | None, request: pytest.FixtureRequest
) -> None:
    path = three_parts(tmp_path, inverted=inverted)
    small = load_it(path)
    request.getfixturevalue("little_memory")
    large = load_it(path)
    assert not is_mapped(small.values) and is_mapped(large.values)
    assert (small.values == large.values).all() and small.fingerprint == large.fingerprint
    if inverted is not None:
        assert small.values[inverted, 0, 0, 0] == 0
    assert [(small.indices(name) == large.indices(name)).all() for name in PARTS] == [True] * 3


PARTS = ("train", "validation", "test")


def test_one_mapped_part_is_used_where_it_lies(tmp_path: Path, little_memory: None) -> None:
    del little_memory
    images = np.random.default_rng(0).integers(0, 256, (50, 6, 6), np.uint8)
    np.savez(tmp_path / "a.npz", images=images, labels=np.arange(50) % 2)
    items = load_it(tmp_path / "a.npz")
    train = items.data.train.raw
    assert isinstance(train, np.ndarray)
    assert np.shares_memory(items.values, train) and is_mapped(items.values)
    assert not cache.folder().exists()


def test_one_part_in_memory_passes_without_a_copy() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 1, 6, 6), np.uint8)
    part = Part(images, np.arange(50) % 2, NumberedNames("row", 50))
    data = RawDataset("here", "arrays", {"train": part}, ("a", "b"))
    assert (
        transform.transform_dataset(data, ImagePreprocessor(height=6, width=6, channels=1)).values
        is images
    )


def test_a_disk_without_room_for_what_exceeds_the_memory_is_one_sentence(
    source: Path, monkeypatch: pytest.MonkeyPatch, little_memory: None
) -> None:
    del little_memory

    class Full:
        def write(self, content: object) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "temporary_file", Full)
    with pytest.raises(DataError, match="^The transformed images take .* Free some, or name other"):
        load_it(source)
