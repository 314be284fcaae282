"""Which folders of pictures are classes, which are parts of the data, and which are neither.

cats/1.jpg dogs/2.jpg                              one part
train/cats/1.jpg test/cats/9.jpg                   parts under any of their usual names
cats/train/1.jpg cats/test/9.jpg                   parts inside the classes
PetImages/train/cats/1.jpg ...                     the same inside other folders
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from noonbit.data.dataset import PART_NAMES, PartName, detect_part, natural_key, order_parts
from noonbit.data.files import File
from noonbit.data.readers.folder_names import (
    find_part_depth,
    is_annotation,
    name_no_class,
    strict_part,
    words_of,
)
from noonbit.errors import join_first, plural

Tree: TypeAlias = list[tuple[tuple[str, ...], File]]
"""Pictures, each with the pieces of its path below a certain folder."""
_COMPARED = 8
"""About how many files are compared byte by byte, to find a folder that repeats another."""


@dataclass
class Layout:
    """What the folders of a source say of its pictures."""

    labelled: dict[str, tuple[PartName, str]] = field(default_factory=dict)
    """The part and the class of each picture in a class folder, by the name of its file."""
    unlabelled: dict[str, list[File]] = field(default_factory=dict)
    """Pictures in folders that are no classes, by folder; not empty."""
    notes: list[str] = field(default_factory=list)
    mentioned: set[str] = field(default_factory=set)
    """The names of the pictures that are left out and that a note mentions."""

    @property
    def class_names(self) -> set[str]:
        """The classes of the training part."""
        return {name for part, name in self.labelled.values() if part == "train"}

    @property
    def tells_classes(self) -> bool:
        """Whether the folders tell at least two classes apart."""
        return len({name for _, name in self.labelled.values()}) > 1

    def leave_out(self, files: Iterable[File], note: str) -> None:
        """Add a note on pictures that are left out."""
        self.notes.append(note)
        self.mentioned.update(file.name for file in files)


def find_layout(pictures: Sequence[File], *, source: str) -> Layout:
    """Find the parts and classes of pictures by the folders in which they lie."""
    layout = Layout()
    pictures = without_annotations(pictures, layout)
    tree = _strip_wrapping_folders([(tuple(file.name.split("/")), file) for file in pictures])
    tree = _strip_wrapping_folders(_without_copies(tree, layout))
    depth = find_part_depth({pieces[:-1] for pieces, _ in tree})
    if depth == 1:
        tree = [((pieces[1], pieces[0], *pieces[2:]), file) for pieces, file in tree]
    tree = _merge_containers(tree, layout)
    branches, rest = _split_into_parts(tree, layout)
    ordered, notes = order_parts(branches, of=source)
    layout.notes += notes
    for part, tops in ordered.items():
        for top, branch in tops.items():
            _add_classes(layout, part, top, branch)
    loose = [piece for piece in rest if len(piece[0]) == 1]
    if loose and layout.labelled:
        lie = "lies" if len(loose) == 1 else "lie"
        layout.leave_out(
            files_of(loose),
            f"{plural(len(loose), 'picture')} {lie} outside the class folders: left out.",
        )
    elif loose:
        layout.unlabelled[""] = files_of(loose)
    return layout


def tops_of(tree: Tree) -> list[str]:
    """Return the folders at the top of a tree, in natural order."""
    return sorted({pieces[0] for pieces, _ in tree if len(pieces) > 1}, key=natural_key)


def below(tree: Tree, top: str) -> Tree:
    """Return the branch below one folder at the top of a tree."""
    return [(pieces[1:], file) for pieces, file in tree if len(pieces) > 1 and pieces[0] == top]


def files_of(tree: Tree) -> list[File]:
    """Return the pictures of a tree."""
    return [file for _, file in tree]


def _strip_wrapping_folders(
    tree: Tree, is_wrapper: Callable[[str], bool] = lambda name: False
) -> Tree:
    """Drop leading folders as long as there is only one, with no picture directly in it.

    A folder that holds pictures directly is dropped as well if `is_wrapper` says so of its name.
    """
    while True:
        tops = tops_of(tree)
        if len(tops) != 1 or any(len(pieces) == 1 for pieces, _ in tree):
            return tree
        if any(len(pieces) == 2 for pieces, _ in tree) and not is_wrapper(tops[0]):
            return tree
        tree = below(tree, tops[0])


def without_annotations(pictures: Sequence[File], layout: Layout) -> list[File]:
    """Leave out pictures that describe others, such as masks, if there are others."""
    kept: list[File] = []
    out: dict[str, list[File]] = defaultdict(list)
    for file in pictures:
        name = next(filter(is_annotation, file.name.split("/")[:-1]), None)
        (kept if name is None else out[name]).append(file)
    if not kept:
        return list(pictures)
    for name, files in out.items():
        layout.leave_out(
            files,
            f"{plural(len(files), 'picture')} below {name}/ describe others and are left out.",
        )
    return kept


def _without_copies(tree: Tree, layout: Layout) -> Tree:
    """Leave out folders that hold once more what lies beside them.

    `yes/ no/ data/yes/ data/no/`, or `data/yes/ data/no/ copy/yes/ copy/no/`.
    """
    tops = tops_of(tree)
    whole = dict(tree)
    copies: set[str] = set()
    kept: dict[frozenset[tuple[str, ...]], list[str]] = defaultdict(list)
    branches = {top: dict(_strip_wrapping_folders(below(tree, top))) for top in tops}
    for top, branch in branches.items():
        inside = {pieces[0] for pieces in branch}
        if detect_part(top) or any(len(pieces) == 1 for pieces in branch):
            continue
        names = join_first(sorted(inside, key=natural_key), 3)
        count = plural(len(branch), "picture")
        earlier = kept[frozenset(branch)]
        same = next((each for each in earlier if _are_equal(branch, branches[each])), None)
        if inside <= {*tops} - {top}:
            but = "" if _are_equal(branch, whole) else ", not all of them the same"
            note = f"{top}/ repeats the folders beside it ({names}; {count}{but}): left out."
        elif len(inside) > 1 and same is not None:
            note = f"{top}/ repeats {same}/ ({names}; {count}): left out."
        else:
            earlier.append(top)
            continue
        layout.leave_out(branch.values(), note)
        copies.add(top)
    return [(pieces, file) for pieces, file in tree if len(pieces) == 1 or pieces[0] not in copies]


def _are_equal(
    branch: Mapping[tuple[str, ...], File], others: Mapping[tuple[str, ...], File]
) -> bool:
    """Whether each file has its like among others: all by their size, some by their content."""
    pairs = [(file, others.get(pieces)) for pieces, file in branch.items()]
    same = [(file, other) for file, other in pairs if other and other.size == file.size]
    sample = same[:: max(1, len(same) // _COMPARED)]
    return len(same) == len(pairs) and all(file.read() == other.read() for file, other in sample)


def _merge_containers(tree: Tree, layout: Layout) -> Tree:
    """Look through folders such as `fold1/ fold2/` that hold class folders and are no parts."""
    tops = tops_of(tree)
    deep = all(len(pieces) > 2 for pieces, _ in tree)
    if len(tops) < 2 or not deep or not name_no_class(tops) or any(map(detect_part, tops)):
        return tree
    layout.notes.append(f"{join_first([f'{top}/' for top in tops], 3)} are read as one set.")
    return [(pieces[1:], file) for pieces, file in tree]


def _split_into_parts(tree: Tree, layout: Layout) -> tuple[dict[PartName, dict[str, Tree]], Tree]:
    """Return the folders of each part with what is below them, and what lies outside them.

    Part folders are recognised by name, but only if they hold folders: `trains` and `buses` may be
    two classes. Without part folders, all of it is train.
    """
    deep = {pieces[0] for pieces, _ in tree if len(pieces) > 2}
    flat = {pieces[0] for pieces, _ in tree if len(pieces) == 2}
    loose: Tree = [(pieces, file) for pieces, file in tree if len(pieces) == 1]
    parts: dict[PartName, dict[str, Tree]] = defaultdict(dict)
    for top in sorted(deep - flat, key=natural_key):
        if part := detect_part(top):
            parts[part][top] = below(tree, top)
    if not parts:
        return {"train": {"": [each for each in tree if len(each[0]) > 1]}}, loose
    known = {top for tops in parts.values() for top in tops}
    others: dict[str, Tree] = {}
    for top in sorted((deep | flat) - known, key=natural_key):
        if strict_part(top):
            layout.unlabelled[top] = files_of(below(tree, top))
        else:
            others[top] = below(tree, top)
    if others:
        layout.leave_out(
            [file for branch in others.values() for file in files_of(branch)],
            f"Left out, because they are no part of the data: {join_first(list(others), 3)}.",
        )
    return parts, loose


def _add_classes(layout: Layout, part: PartName, top: str, branch: Tree) -> None:
    """Add the pictures below a part folder, or of the whole source, to the layout."""
    known = layout.class_names if part != "train" else set()

    def is_wrapper(name: str) -> bool:
        return (
            bool(top)
            and name not in known
            and (bool(known) or name == top or name_no_class([name]))
        )

    branch = _strip_wrapping_folders(branch, is_wrapper)
    classes = tops_of(branch)
    if not classes or name_no_class(classes):
        for name in [top] if top else classes:
            layout.unlabelled[name] = files_of(branch if top else below(branch, name))
        return
    if known and not known & {*classes}:
        layout.leave_out(
            files_of(branch),
            f"{top}/ holds {plural(len(branch), 'picture')} of {join_first(classes, 3)}, none of "
            f"which is a class of training ({join_first(sorted(known, key=natural_key), 3)}): left "
            "out.",
        )
        return
    if not top:
        classes = _without_part_beside(layout, branch, classes)
    for pieces, file in branch:
        if len(pieces) > 1 and pieces[0] in classes:
            layout.labelled[file.name] = (part, pieces[0])
    loose = [each for each in branch if len(each[0]) == 1]
    if loose:
        lie = "lies" if len(loose) == 1 else "lie"
        layout.leave_out(
            files_of(loose),
            f"{plural(len(loose), 'picture')} {lie} outside the class folders: left out.",
        )
    _note_nested(layout, branch, classes)


def _without_part_beside(layout: Layout, branch: Tree, classes: Collection[str]) -> list[str]:
    """Leave out a test or validation folder of pictures that lies beside the class folders.

    Not where there is a folder called train as well, which then are things and no parts.
    """
    parts = {name: part for name in classes if (part := strict_part(name) or _no_label(name))}
    if not parts or "train" in parts.values() or len(classes) - len(parts) < 2:
        if parts:
            layout.notes.append(
                f"{join_first(list(parts), 3)} {'is' if len(parts) == 1 else 'are'} taken for "
                "classes, as other classes lie beside them."
            )
        return list(classes)
    for name in parts:
        layout.unlabelled[name] = files_of(below(branch, name))
    return [name for name in classes if name not in parts]


def _no_label(name: str) -> PartName | None:
    """Return the part of pictures that cannot train, if a folder is called unlabeled."""
    return "test" if {"unlabeled", "unlabelled"} & {*words_of(name)} else None


def _note_nested(layout: Layout, branch: Tree, classes: Collection[str]) -> None:
    """Say which folders lie inside a class folder, unless all of its files lie in one."""
    inner: dict[str, set[str]] = defaultdict(set)
    for pieces, _ in branch:
        if pieces[0] in classes and len(pieces) > 1:
            inner[pieces[0]].add("/".join(pieces[1:-1]))
    nested = [
        f"{name}/{folder}"
        for name, folders in inner.items()
        if len(folders) > 1
        for folder in sorted(folders - {""}, key=natural_key)
    ]
    if nested:
        layout.notes.append(
            f"{plural(len(nested), 'folder')} inside class folders "
            f"{'counts' if len(nested) == 1 else 'count'} to them: {join_first(nested, 3)}."
        )


def parts_of_files(pictures: Sequence[File]) -> dict[str, PartName]:
    """Return the part of each picture by its folders alone; train where they name none."""
    folders = {file.name: tuple(file.name.split("/")[:-1]) for file in pictures}
    depth = find_part_depth(set(folders.values()))
    if depth is None:
        return dict.fromkeys(folders, PART_NAMES[0])
    return {name: strict_part(pieces[depth]) or "train" for name, pieces in folders.items()}
