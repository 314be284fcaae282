"""What the names of folders say: a part of the data, pictures of any class, or a class."""

import re
from collections.abc import Collection

from noonbit.data.dataset import PART_WORDS, PartName, detect_part

PICTURE_WORDS = frozenset(
    (
        *("image", "images", "img", "imgs", "picture", "pictures", "pics", "photo", "photos"),
        *("jpg", "jpeg", "png", "jpegimages", "pngimages", "data", "dataset", "set", "part"),
        *("subset", "fold", "batch", "public", "private", "unlabeled", "unlabelled", "raw"),
    )
)
"""Words for pictures of any class."""
ANNOTATION_WORDS = frozenset(
    (
        *("annotation", "annotations", "masks", "labels", "trimap", "trimaps", "groundtruth"),
        *("ground", "truth", "segmentation", "segmentations", "bbox", "boxes"),
    )
)
"""Words for what describes other pictures. `mask` may be a class."""
_MAY_BE_CLASSES = frozenset(("ground", "truth", "boxes"))
"""Of those, the ones that alone may be the name of a class."""
_BESIDE_ANNOTATION = PICTURE_WORDS | PART_WORDS.keys() | {"class", "object", "instance", "mask"}


def words_of(name: str) -> list[str]:
    """Split a name into words in lower case and numbers: `seg_train`, `testSet2`."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()
    return re.findall(r"t10k|[^\W\d_]+|\d+", spaced)


def strict_part(name: str) -> PartName | None:
    """Return the part that a name means if it says nothing else: of `test_images`, not `test tube`.

    `detect_part` is for names that are known to be those of parts.
    """
    telling = [w for w in words_of(name) if not w.isdecimal() and w not in PICTURE_WORDS]
    parts = {PART_WORDS.get(word) for word in telling}
    return parts.pop() if len(parts) == 1 else None


def name_no_class(names: Collection[str]) -> bool:
    """Whether folders are parts, pictures or annotations, all of them, and none is a class.

    What all names have in common says nothing: `pets_train` and `pets_test` are parts,
    `steam_train` and `diesel_train` are classes.
    """
    said = ANNOTATION_WORDS | _BESIDE_ANNOTATION - {"class", "object", "instance"}
    words = {name: words_of(name) for name in names}
    common = set.intersection(*map(set, words.values())) if len(words) > 1 else set()
    return all(
        any(word in said for word in found)
        and all(word in said or word.isdecimal() or word in common for word in found)
        for found in words.values()
    )


def is_annotation(name: str) -> bool:
    """Whether a folder's name says that its files describe other pictures: `SegmentationClass`."""
    words = {word for word in words_of(name) if not word.isdecimal()}
    if len(words) == 1 and words <= _MAY_BE_CLASSES:
        return False
    return bool(words & ANNOTATION_WORDS) and words <= ANNOTATION_WORDS | _BESIDE_ANNOTATION


def part_of_folder(folder: str) -> PartName | None:
    """Return the part in the innermost folder of a path that names one: `a/train/images/`."""
    return next((part for name in reversed(folder.split("/")) if (part := detect_part(name))), None)


def find_part_depth(paths: Collection[tuple[str, ...]]) -> int | None:
    """Return the depth at which the folders of all paths are parts, train and another; else None.

    `paths` are the folders above each picture.
    """
    for depth in range(min(map(len, paths), default=0)):
        parts = {strict_part(name) for name in {path[depth] for path in paths}}
        if None not in parts and "train" in parts and len(parts) > 1:
            return depth
    return None
