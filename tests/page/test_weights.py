"""Weights as bytes, and back in the browser."""

import base64

import numpy as np
import pytest
from browser import load_scripts
from playwright.sync_api import Page

from noonbit.page.weights import FEW, encode_weights, round_weights

READ = """([index, bytes]) => {
  const weights = readWeights(index, decodeBase64(bytes));
  return Object.entries(weights).map(([name, numbers]) => [name, Array.from(numbers)]);
}"""


def test_the_page_reads_the_numbers_that_were_rounded_here(page: Page) -> None:
    random = np.random.default_rng(0)
    many = random.standard_normal(FEW + 3).astype(np.float32)
    weights = {
        "usual": many,
        "huge": many * np.float32(1e30),
        "tiny": many * np.float32(1e-30),
        "wide": many * np.exp2(random.uniform(-30, 0, many.size)).astype(np.float32),
        "zero": many * 0,
        "few": many[:5] / 3,
        "places": np.array([0, -7, 2**31 - 1], np.int32),
    }
    load_scripts(page, "binary.js")
    index, content = encode_weights(weights, "float16")
    read = dict(page.evaluate(READ, [index, base64.b64encode(content).decode()]))
    for name in ("usual", "huge", "tiny", "wide", "zero"):
        assert np.array_equal(np.float32(read[name]), round_weights(weights[name])), name
        assert np.abs(round_weights(weights[name]) - weights[name]).max() <= (
            np.abs(weights[name]).max() * 2**-11
        )
    assert np.array_equal(np.float32(read["few"]), weights["few"])
    assert read["places"] == [0, -7, 2**31 - 1]


def test_float32_keeps_every_bit(page: Page) -> None:
    weights = {"numbers": np.random.default_rng(1).standard_normal(FEW + 1).astype(np.float32)}
    load_scripts(page, "binary.js")
    index, content = encode_weights(weights, "float32")
    ((_, read),) = page.evaluate(READ, [index, base64.b64encode(content).decode()])
    assert np.array_equal(np.float32(read), weights["numbers"])


@pytest.mark.parametrize(("text", "checksum"), [("", 0), ("123456789", 0xCBF43926)])
def test_the_checksum_is_the_one_of_zlib(page: Page, text: str, checksum: int) -> None:
    load_scripts(page, "binary.js")
    assert page.evaluate("text => checksumOf(new TextEncoder().encode(text))", text) == checksum
