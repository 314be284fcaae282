"""Known data sets: where they are found, what is downloaded, what is said where neither works."""

import gzip
import hashlib
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from paths import PROJECT, SHARED_DATA
from PIL import Image
from sklearn.datasets import load_digits

from noonbit.data.known import locate
from noonbit.data.known.catalogue import KNOWN, TEST_LABELS_SHA256, RemoteFile
from noonbit.data.known.locate import cache_folder, find, locate_all, open_known
from noonbit.errors import DataError, SourceNotFound, UsageError

SHARED = SHARED_DATA
FASHION = Path("/usr/share/datasets/fashion-mnist")
PUBLISHED = dict(KNOWN)
IDX_NAMES = [file.name for file in KNOWN["mnist"].files]
CIFAR_BINARY = [*(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"]
CIFAR_PYTHON = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta"]


@pytest.fixture(autouse=True)
def machine_without_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found but what a test puts there, and nothing leaves the machine."""
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NOONBIT_DATA", raising=False)
    monkeypatch.setattr(locate, "DEBIAN", tmp_path / "debian")
    for name, source in KNOWN.items():
        closed = tuple(
            replace(file, mirrors=(f"http://127.0.0.1:9/{name}/{file.name}",))
            for file in source.files
        )
        monkeypatch.setitem(KNOWN, name, replace(source, files=closed))


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def put_idx(folder: Path, rename: Callable[[str], str] = str) -> Path:
    """A tiny data set in the form of MNIST: ten classes, 20 training and 10 test images."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for count, (images, labels) in ((20, IDX_NAMES[:2]), (10, IDX_NAMES[2:])):
        for name, array in (
            (images, random.integers(0, 256, (count, 28, 28))),
            (labels, np.arange(count) % 10),
        ):
            content = idx(array)
            path = folder / rename(name)
            path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return folder


def put_empty(folder: Path, names: list[str]) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def found_in(data_dir: Path, name: str) -> Path | None:
    found = find(name, data_dir=data_dir)
    return found.path if found else None


# The digits


def test_the_digits_are_those_of_scikit_learn_in_their_order() -> None:
    data = open_known("digits", data_dir=None)
    theirs = load_digits()
    images = np.asarray(data.train.raw)
    assert images.shape == (1797, 1, 8, 8) and images.dtype == np.uint8
    assert np.array_equal(images[:, 0], np.rint(theirs.images / 16 * 255))
    assert data.train.labels is not None
    assert np.array_equal(data.train.labels, theirs.target)
    assert data.value_range == (0.0, 16.0)
    assert data.class_names == tuple("0123456789")
    assert list(data.train.names)[:2] == ["digits item 0", "digits item 1"]
    assert data.test is None and data.source == "digits"


def test_the_digits_open_without_importing_scikit_learn() -> None:
    code = (
        "import sys; from noonbit.data.known.locate import open_known; "
        "open_known('digits', data_dir=None); print('sklearn' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    root = PROJECT
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_digits_open_where_scikit_learn_keeps_them_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual = open_known("digits", data_dir=None)
    monkeypatch.setattr(locate, "_find_digits", lambda: None)
    other = open_known("digits", data_dir=None)
    assert np.array_equal(np.asarray(usual.train.raw), np.asarray(other.train.raw))
    assert usual.class_names == other.class_names


# Where sets are found


@pytest.mark.parametrize("folder", ["mnist", "MNIST", "MNIST/raw", "."])
@pytest.mark.parametrize(
    "rename",
    [
        str,
        lambda name: name.removesuffix(".gz"),
        lambda name: name.removesuffix(".gz").replace("-idx", ".idx"),
    ],
    ids=["gz", "plain", "dotted"],
)
def test_mnist_is_found_under_its_usual_names(
    tmp_path: Path, folder: str, rename: Callable[[str], str]
) -> None:
    put_idx(tmp_path / "data" / folder, rename)
    assert found_in(tmp_path / "data", "mnist") == tmp_path / "data" / folder


def test_mnist_without_one_of_its_files_does_not_count(tmp_path: Path) -> None:
    folder = put_idx(tmp_path / "data" / "mnist")
    (folder / IDX_NAMES[3]).rename(folder / f"{IDX_NAMES[3]}.part")
    assert found_in(tmp_path / "data", "mnist") is None


def test_fashion_mnist_is_not_taken_for_mnist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put_idx(tmp_path / "some-images")
    assert found_in(folder, "mnist") == folder
    labels = gzip.decompress((folder / IDX_NAMES[3]).read_bytes())
    sums = {**TEST_LABELS_SHA256, "fashion-mnist": hashlib.sha256(labels).hexdigest()}
    monkeypatch.setattr(locate, "TEST_LABELS_SHA256", sums)
    assert found_in(folder, "mnist") is None
    assert found_in(folder, "fashion-mnist") == folder


def test_a_damaged_file_is_left_to_its_reader(tmp_path: Path) -> None:
    folder = put_idx(tmp_path / "data" / "mnist")
    (folder / IDX_NAMES[3]).write_bytes((folder / IDX_NAMES[3]).read_bytes()[:20])
    assert found_in(tmp_path / "data", "mnist") == folder
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz is cut off"):
        open_known("mnist", data_dir=tmp_path / "data")


@pytest.mark.parametrize(
    ("opened", "names"),
    [
        ("cifar-10-batches-bin", CIFAR_BINARY),
        ("cifar-10-batches-py", CIFAR_PYTHON),
        ("cifar10/cifar-10-batches-py", CIFAR_PYTHON),
        ("cifar-10", CIFAR_BINARY),
        ("cifar-10-binary.tar.gz", []),
        ("CIFAR10/cifar-10-python.tar.gz", []),
    ],
)
def test_cifar10_is_found_unpacked_and_packed(
    tmp_path: Path, opened: str, names: list[str]
) -> None:
    put_empty(tmp_path, [f"{opened}/{name}" for name in names] or [opened])
    assert found_in(tmp_path, "cifar10") == tmp_path / opened


@pytest.mark.parametrize("folder", ["dogs-vs-cats", "dogs-vs-cats-small", "dogs_vs_cats", "."])
def test_dogs_vs_cats_is_found_by_its_class_folders(tmp_path: Path, folder: str) -> None:
    put_empty(tmp_path / folder, ["train/cats/cat.1.jpg", "train/dogs/dog.1.jpg"])
    assert found_in(tmp_path, "dogs-vs-cats") == tmp_path / folder


def test_the_places_are_asked_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {
        place: put_idx(tmp_path / place / "mnist")
        for place in ("argument", "shared", "cache", "debian")
    }
    monkeypatch.setenv("NOONBIT_DATA", str(tmp_path / "shared"))
    places = []
    for place, folder in folders.items():
        found = find("mnist", data_dir=tmp_path / "argument")
        assert found is not None and found.path == tmp_path / place / "mnist"
        places.append(found.place)
        shutil.rmtree(folder)
    assert places == ["--data-dir", "$NOONBIT_DATA", "cache", "Debian's packages"]
    assert find("mnist", data_dir=None) is None


def test_the_cache_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("NOONBIT_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder() == tmp_path / "xdg" / "noonbit" / "data"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "noonbit" / "data"


def test_a_data_dir_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"lost \(--data-dir\) does not exist"):
        open_known("mnist", data_dir=tmp_path / "lost")


# Opening


def test_an_opened_set_bears_its_name_and_says_what_its_copy_lacks(tmp_path: Path) -> None:
    put_idx(tmp_path / "fashion-mnist")
    data = open_known("fashion-mnist", data_dir=tmp_path)
    assert data.source == "fashion-mnist"
    assert data.class_names[:2] == ("T-shirt/top", "Trouser")
    assert data.notes == (
        "This copy of fashion-mnist has 20 of the 60,000 official train images.",
        "This copy of fashion-mnist has 10 of the 10,000 official test images.",
    )


def put_sign_mnist(folder: Path, *, grey: dict[str, int]) -> Path:
    """A row of each of the 24 letters in a table a part, all of its pixels of one grey level."""
    folder.mkdir(parents=True, exist_ok=True)
    header = ",".join(["label", *(f"pixel{i}" for i in range(1, 785))])
    for part, level in grey.items():
        rows = [f"{label}," + ",".join([str(level)] * 784) for label in range(25) if label != 9]
        (folder / f"sign_mnist_{part}.csv").write_text("\n".join([header, *rows]))
    return folder


@pytest.mark.parametrize("held_out", ["valid", "validation", "val"])
def test_a_courses_name_for_the_test_images_of_sign_mnist_leaves_them_test_images(
    tmp_path: Path, held_out: str
) -> None:
    put_sign_mnist(tmp_path / "asl_data", grey={"train": 70, held_out: 90})
    data = open_known("sign-mnist", data_dir=tmp_path)
    assert list(data.parts) == ["train", "test"]
    assert data.test is not None and np.unique(np.asarray(data.test.raw)).tolist() == [90]
    assert data.notes[0] == (
        "What this copy of sign-mnist calls validation are the official test images: they test."
    )
    assert data.notes[2] == "This copy of sign-mnist has 24 of the 7,172 official test images."


def test_test_images_by_their_own_name_come_before_a_courses(tmp_path: Path) -> None:
    put_sign_mnist(tmp_path, grey={"train": 70, "valid": 90, "test": 110})
    data = open_known("sign-mnist", data_dir=tmp_path)
    assert data.test is not None and np.unique(np.asarray(data.test.raw)).tolist() == [110]


def test_sign_mnist_gets_its_letters_and_ignores_what_lies_beside_it(tmp_path: Path) -> None:
    put_sign_mnist(tmp_path, grey={"train": 70, "test": 70})
    put_empty(tmp_path, ["sign_mnist_train/sign_mnist_train.csv"])  # as Kaggle's archive has it
    Image.new("RGB", (99, 99)).save(tmp_path / "american_sign_language.PNG")
    data = open_known("sign-mnist", data_dir=tmp_path)
    assert data.class_names == tuple("ABCDEFGHIKLMNOPQRSTUVWXY")
    assert data.test is not None and len(data.train) == len(data.test) == 24


def test_the_real_sets_are_found_and_the_partial_one_is_not_taken_for_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not here")
    monkeypatch.setenv("NOONBIT_DATA", str(SHARED))
    found = {name: find(name, data_dir=None) for name in KNOWN}
    paths = {name: place.path for name, place in found.items() if place and name != "digits"}
    assert paths == {
        "mnist": SHARED / "mnist",
        "cifar10": SHARED / "cifar-10" / "cifar-10-binary.tar.xz",
        "dogs-vs-cats": SHARED / "dogs-vs-cats-small",
    }
    data = open_known("mnist", data_dir=None)
    assert data.test is not None and data.train.labels is not None
    assert (len(data.train), len(data.test), data.notes) == (60_000, 10_000, ())
    assert list(data.train.labels[:5]) == [5, 0, 4, 1, 9]


def test_debians_fashion_mnist_is_found_and_not_taken_for_mnist(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not FASHION.exists():
        pytest.skip(f"{FASHION} is not here")
    monkeypatch.setattr(locate, "DEBIAN", FASHION.parent)
    found = find("fashion-mnist", data_dir=None)
    assert found is not None and found.path == FASHION
    assert find("mnist", data_dir=FASHION) is None
    data = open_known("fashion-mnist", data_dir=None)
    assert data.notes == () and data.class_names[9] == "Ankle boot"


# Downloading


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[str]:
    """A server of a tiny MNIST; gives its address."""
    folder = put_idx(tmp_path / "mirror")
    handler = partial(QuietHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_not_here_is_downloaded_into_the_cache_once(
    tmp_path: Path, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = []
    for name in IDX_NAMES:
        content = (tmp_path / "mirror" / name).read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        files.append(RemoteFile(name, len(content), sha256, (f"{mirror}/{name}",)))
    monkeypatch.setitem(KNOWN, "mnist", replace(KNOWN["mnist"], files=tuple(files)))
    assert len(open_known("mnist", data_dir=None).train) == 20
    found = find("mnist", data_dir=None)
    assert found is not None
    assert (found.path, found.place) == (tmp_path / "cache" / "mnist", "cache")
    shutil.rmtree(tmp_path / "mirror")
    assert len(open_known("mnist", data_dir=None).train) == 20


def test_offline_one_message_lists_every_place_and_what_to_put_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOONBIT_DATA", str(tmp_path / "shared"))
    with pytest.raises(SourceNotFound) as caught:
        open_known("mnist", data_dir=tmp_path)
    assert str(caught.value) == (
        f"mnist is not on this machine; looked in {tmp_path} (--data-dir), "
        f"{tmp_path}/shared ($NOONBIT_DATA), {tmp_path}/cache (cache), "
        f"{tmp_path}/debian (Debian's packages). "
        "train-images-idx3-ubyte.gz cannot be downloaded "
        "(http://127.0.0.1:9/mnist/train-images-idx3-ubyte.gz: Connection refused). "
        "With a network, try again; without one, put train-images-idx3-ubyte.gz, "
        "train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz "
        f"into {tmp_path}/mnist; see http://yann.lecun.com/exdb/mnist/ for them."
    )


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("sign-mnist", "put sign_mnist_train.csv and sign_mnist_test.csv or sign_mnist_valid"),
        ("dogs-vs-cats", "put the pictures in the folders train/cats and train/dogs into"),
    ],
)
def test_a_set_without_mirrors_says_where_to_get_it(tmp_path: Path, name: str, what: str) -> None:
    with pytest.raises(SourceNotFound) as caught:
        open_known(name, data_dir=None)
    assert f"cannot be downloaded without an account: {what}" in str(caught.value)
    assert f"{tmp_path}/cache/{name}; see https://www.kaggle.com/" in str(caught.value)


def test_shapes_are_drawn_without_files_or_network() -> None:
    data = open_known("shapes", data_dir=None)
    assert data.source == "shapes"
    assert list(data.parts) == ["train", "validation", "test"]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="called 'fashon-mnist'. Did you mean 'fashion-mnist'?"):
        open_known("fashon-mnist", data_dir=None)


def test_the_list_says_of_every_name_where_it_is_or_how_to_get_it(tmp_path: Path) -> None:
    put_idx(tmp_path / "mnist")
    located = {each.known.name: each for each in locate_all(tmp_path)}
    assert list(located) == [
        *("digits", "mnist", "fashion-mnist", "sign-mnist"),
        *("cifar10", "shapes", "dogs-vs-cats"),
    ]
    found = located["mnist"].found
    assert found is not None
    assert (found.path, found.place) == (tmp_path / "mnist", "--data-dir")
    assert located["mnist"].how_to_get == ""
    assert located["cifar10"].how_to_get == "It is downloaded when first used (170 MB)."
    assert "kaggle.com" in located["sign-mnist"].how_to_get
    assert located["shapes"].how_to_get == "It needs no files and no network."
    assert not (tmp_path / "cache").exists()


def test_every_pinned_file_has_a_checksum_and_two_mirrors_over_https() -> None:
    files = [file for source in PUBLISHED.values() for file in source.files]
    assert len(files) == 9
    for file in files:
        assert len(bytes.fromhex(file.sha256)) == 32 and file.size > 0
        assert len(file.mirrors) >= 2
        assert all(url.startswith("https://") for url in file.mirrors)
        assert all(url.endswith(f"/{file.name}") for url in file.mirrors)
