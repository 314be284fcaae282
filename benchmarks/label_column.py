"""How often the label column of a table without a header is found, refused, or taken wrongly.

python benchmarks/label_column.py mnist digits /path/to/zip.train.gz --seeds 12
"""

import argparse
from collections import Counter, defaultdict

import numpy as np
from numpy.typing import NDArray

from noonbit.data import open_data
from noonbit.data.preprocess.pixels import shape_of_row
from noonbit.data.readers.label_column import EndColumn, find_label_end

ROWS = (10, 20, 50, 100, 500)
FORMS = {
    "plain": lambda pixels: pixels,
    "binary": lambda pixels: (pixels > 127).astype(int),
    "unit": lambda pixels: np.round(pixels / 255, 4),
}
LABELS = {
    "as they are": lambda labels, draw: labels,
    "26 letters": lambda labels, draw: draw.integers(0, 26, len(labels)),
    "92 : 8": lambda labels, draw: np.r_[1, draw.random(len(labels) - 1) < 0.08].astype(int),
    "codes of letters": lambda labels, draw: draw.integers(65, 91, len(labels)),
    "three names": lambda labels, draw: np.array(["cat", "dog", "owl"])[labels % 3],
    "numbers of rows": lambda labels, draw: np.arange(len(labels)),
    "1000 and up": lambda labels, draw: labels + 1000,
}


def guess(pixels: NDArray[np.generic], labels: NDArray[np.generic], *, last: bool) -> str:
    """Return whether the label beside the pixels is found."""
    columns = [*pixels.T, labels] if last else [labels, *pixels.T]
    channels, _, width = shape_of_row(pixels.shape[1]) or (1, 1, 1)
    steps = sorted({1, channels, width, channels * width})
    ends = []
    for index, sign in ((0, 1), (len(columns) - 1, -1)):
        beside = [columns[index + sign * step].astype(np.float64) for step in steps]
        ends.append(EndColumn(index, [str(value) for value in columns[index]], beside))
    found = find_label_end(ends)
    right = len(columns) - 1 if last else 0
    return "refused" if found is None else "right" if found == right else "wrong"


def main() -> None:
    """Print the counts for each kind of label and number of rows."""
    parser = argparse.ArgumentParser()
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--seeds", type=int, default=12)
    arguments = parser.parse_args()
    counts: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    for source in arguments.sources:
        part = open_data(source).train
        for rows in ROWS:
            for seed in range(arguments.seeds):
                draw = np.random.default_rng(seed)
                chosen = draw.permutation(len(part))[:rows]
                images = np.asarray(part.raw[chosen])
                pixels = images.transpose(0, 2, 3, 1).reshape(rows, -1)
                for kind, change in LABELS.items():
                    labels = change(part.labels[chosen], draw)
                    for form in FORMS.values():
                        for last in (False, True):
                            counts[kind, rows][guess(form(pixels), labels, last=last)] += 1
    for (kind, rows), found in sorted(counts.items()):
        print(f"{kind:17} {rows:4} rows  {dict(sorted(found.items()))}")


if __name__ == "__main__":
    main()
