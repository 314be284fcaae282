"""How much published weights help with few pictures: draws of N a class, with and without.

    python benchmarks/few_pictures.py SOURCE [--each 20] [--draws 5]

Each draw trains on N pictures a class of the training part of SOURCE, and is tested on all of its
test part. Features are computed once for all; training from nothing is `noonbit.train` as it is, on
a folder of links.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import noonbit
from noonbit.config.recipe import Recipe
from noonbit.data.prepared import load
from noonbit.jobs.observer import Observer
from noonbit.pretrained.features import features_of
from noonbit.pretrained.head import fit_head
from noonbit.pretrained.source import find_pretrained
from noonbit.system.runtime import Runtime

T_95 = {3: 4.303, 5: 2.776, 10: 2.262}
"""Student's t for the 95 % interval of a mean of so many draws."""


def describe(name, accuracies):
    """Print the mean of the draws with its interval."""
    mean, spread = np.mean(accuracies), np.std(accuracies, ddof=1)
    half = T_95[len(accuracies)] * spread / np.sqrt(len(accuracies))
    print(f"{name}: {mean:.2%} (95 % interval {mean - half:.2%} to {mean + half:.2%});", end=" ")
    print(", ".join(f"{each:.1%}" for each in accuracies), flush=True)


def main():
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("--each", type=int, default=20)
    parser.add_argument("--draws", type=int, default=5, choices=T_95)
    arguments = parser.parse_args()
    network, runtime = find_pretrained(), Runtime.start()
    recipe = Recipe(image_size=network.layout.side, channels=3, validation=0)
    items = load(arguments.source, recipe, data_dir=None)
    features = features_of(items.values, items.preprocessor, network, runtime)
    classes, test = len(items.data.class_names), items.split.test
    borrowed, nothing = [], []
    for draw in range(arguments.draws):
        random, train = np.random.default_rng(draw), items.split.train
        rows = np.concatenate(
            [
                random.choice(train[items.labels[train] == each], arguments.each, replace=False)
                for each in range(classes)
            ]
        )
        head = fit_head(features[rows], items.labels[rows], classes, runtime)
        answers = head.apply(features[test]).argmax(dim=1).numpy()
        borrowed.append(float((answers == items.labels[test]).mean()))
        with tempfile.TemporaryDirectory() as folder:
            for part, numbers in (("train", rows), ("test", test)):
                for number in numbers:
                    name = items.data.class_names[items.labels[number]]
                    place = Path(folder, part, name)
                    place.mkdir(parents=True, exist_ok=True)
                    original = (arguments.source / items.names[number]).resolve()
                    (place / f"{number}{original.suffix}").symlink_to(original)
            run = noonbit.train(folder, out=Path(folder) / "run", observer=Observer())
            nothing.append(run.metadata["result"]["accuracy"])
    describe(f"--pretrained, {arguments.each} a class", borrowed)
    describe(f"from nothing, {arguments.each} a class", nothing)


if __name__ == "__main__":
    main()
