"""Convolution arithmetic: the figures of the lecture, and agreement with PyTorch."""

import json
import tracemalloc

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from noonbit.cli.main import run as command_line
from noonbit.course.arithmetic import convolution, draw, output_size, pooling, sketch
from noonbit.errors import UsageError


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "expected"),
    [
        (7, 3, 1, 0, 5),
        (7, 3, 2, 0, 3),
        (7, 3, 1, 1, 7),
        (3, 2, 1, "valid", 2),
        (3, 2, 1, "same", 3),
        (227, 11, 4, 0, 55),
        (28, 2, 2, "same", 14),
        (7, 2, 2, "same", 4),
        (7, 2, 2, "valid", 3),
    ],
)
def test_the_output_sizes_of_the_lecture(size, kernel, stride, padding, expected) -> None:
    assert output_size(size, kernel, stride=stride, padding=padding) == expected


def test_six_filters_and_then_ten() -> None:
    six = convolution((32, 32, 3), kernel=5, filters=6)
    assert (six.output, six.weights) == ((28, 28, 6), 450)
    ten = convolution(six.output, kernel=5, filters=10)
    assert (ten.output, ten.weights) == ((24, 24, 10), 1_500)
    assert ten.multiply_adds == 24 * 24 * 1_500


def test_a_pool_halves_a_map_and_learns_nothing() -> None:
    pool = pooling((4, 4, 1), kernel=2, stride=2)
    assert (pool.output, pool.weights, pool.multiply_adds) == ((2, 2, 1), 0, 0)


def test_the_first_layers_of_alexnet() -> None:
    first = convolution((227, 227, 3), kernel=11, stride=4, filters=96)
    assert (first.output, first.weights) == ((55, 55, 96), 34_848)
    assert pooling(first.output, kernel=3, stride=2).output == (27, 27, 96)
    # The lecture says stride 4 and 27x27 for this pool, which is a slip: stride 4 would give 14.
    assert pooling(first.output, kernel=3, stride=4).output == (14, 14, 96)


sides = st.integers(1, 20)
kernels = st.integers(1, 6)
strides = st.integers(1, 5)
channels = st.integers(1, 3)
patient = settings(deadline=None)


@patient
@given(sides, sides, kernels, strides, st.integers(0, 3), channels, channels)
def test_a_number_of_zeros_gives_the_shape_of_pytorch_or_is_refused(
    height: int, width: int, kernel: int, stride: int, padding: int, inputs: int, filters: int
) -> None:
    weights = torch.zeros(filters, inputs, kernel, kernel)
    try:
        layer = convolution(
            (height, width, inputs), kernel=kernel, stride=stride, padding=padding, filters=filters
        )
    except UsageError:
        travels = [side + 2 * padding - kernel for side in (height, width)]
        assert any(travel < 0 or travel % stride for travel in travels)
        return
    image = torch.zeros(1, inputs, height, width)
    output = F.conv2d(image, weights, stride=stride, padding=padding)
    assert layer.output == (*output.shape[2:], output.shape[1])
    assert layer.weights == weights.numel()
    assert layer.height.unused == layer.width.unused == 0


@patient
@given(sides, sides, kernels, strides)
def test_valid_rounds_down_as_pytorch_does_and_counts_what_is_left_out(
    height: int, width: int, kernel: int, stride: int
) -> None:
    if kernel > min(height, width):
        with pytest.raises(UsageError, match=f"Choose a kernel of at most {min(height, width)}, "):
            convolution((height, width, 1), kernel=kernel, stride=stride, padding="valid")
        return
    layer = convolution((height, width, 1), kernel=kernel, stride=stride, padding="valid")
    image = torch.arange(1.0, height * width + 1).reshape(1, 1, height, width).requires_grad_()
    weights = torch.ones(1, 1, kernel, kernel)
    output = F.conv2d(image, weights, stride=stride)
    assert layer.output[:2] == tuple(output.shape[2:])
    (reached,) = torch.autograd.grad(output.sum(), image)
    rows, columns = reached[0, 0].nonzero().amax(dim=0).tolist()
    assert layer.height.unused == height - 1 - rows
    assert layer.width.unused == width - 1 - columns


@patient
@given(sides, sides, kernels, strides)
def test_same_gives_the_size_over_the_stride_rounded_up(
    height: int, width: int, kernel: int, stride: int
) -> None:
    layer = convolution((height, width, 1), kernel=kernel, stride=stride, padding="same")
    assert layer.output == (-(-height // stride), -(-width // stride), 1)
    margins = (layer.width.before, layer.width.after, layer.height.before, layer.height.after)
    padded = F.pad(torch.zeros(1, 1, height, width), margins)
    output = F.conv2d(padded, torch.zeros(1, 1, kernel, kernel), stride=stride)
    assert layer.output[:2] == tuple(output.shape[2:])
    for placement in (layer.height, layer.width):
        assert 0 <= placement.after - placement.before <= 1
    if stride == 1 and kernel % 2:  # PyTorch warns of even ones that it pads a copy
        expected = F.conv2d(
            torch.zeros(1, 1, height, width), torch.zeros(1, 1, kernel, kernel), padding="same"
        )
        assert layer.output[:2] == tuple(expected.shape[2:])


@patient
@given(sides, sides, st.integers(1, 5), strides, channels)
def test_pools_have_the_shape_of_pytorch(
    height: int, width: int, kernel: int, stride: int, depth: int
) -> None:
    if kernel <= min(height, width):
        layer = pooling((height, width, depth), kernel=kernel, stride=stride, padding="valid")
        output = F.max_pool2d(torch.zeros(1, depth, height, width), kernel, stride)
        assert layer.output == (*output.shape[2:], depth)


def refusal(*arguments: object, **settings: object) -> str:
    with pytest.raises(UsageError) as error:
        output_size(*arguments, **settings)  # type: ignore[arg-type]
    return str(error.value)


def test_what_does_not_come_out_even_is_refused_with_what_would() -> None:
    assert refusal(7, 3, stride=3) == (
        "(7 + 0 - 3) / 3 + 1 = 2.33 is not whole: 3x3 with stride 3 and padding 0 does not come "
        "out even on 7x7. Stride 2 or 4 fits. Padding 1 fits. Frameworks round down, to 2, and "
        "leave 1 pixel at the end out; so does padding valid."
    )
    assert refusal(224, 7, stride=2, padding=3) == (
        "(224 + 6 - 7) / 2 + 1 = 112.50 is not whole: 7x7 with stride 2 and padding 3 does not "
        "come out even on 224x224. Stride 1 fits. Frameworks round down, to 112, and leave 1 "
        "pixel at the end out."
    )


@patient
@given(sides, kernels, strides, st.integers(0, 3))
def test_what_a_refusal_proposes_fits(size: int, kernel: int, stride: int, padding: int) -> None:
    try:
        output_size(size, kernel, stride=stride, padding=padding)
    except UsageError as error:
        for sentence in str(error).split(". "):
            for name, chosen in (("Stride ", "stride"), ("Padding ", "padding")):
                if sentence.startswith(name) and sentence.endswith(" fits"):
                    for value in sentence.removeprefix(name).removesuffix(" fits").split(" or "):
                        changed = {"stride": stride, "padding": padding, chosen: int(value)}
                        assert output_size(size, kernel, **changed) >= 1


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kernel": 0}, "'kernel' is 0; give at least 1."),
        ({"stride": 0}, "'stride' is 0; give at least 1."),
        ({"padding": -1}, "The padding -1 is below 0; give 0 or more zeros a side."),
        (
            {"kernel": 9},
            "A 9x9 filter is larger than 7x7 with padding 0. "
            "Choose a kernel of at most 7, more padding, or padding same.",
        ),
        (
            {"kernel": 9, "padding": "valid"},
            "A 9x9 filter is larger than 7x7 with padding valid. "
            "Choose a kernel of at most 7, more padding, or padding same.",
        ),
    ],
)
def test_numbers_that_mean_nothing_are_refused(settings: dict[str, object], sentence: str) -> None:
    assert refusal(7, **({"kernel": 3} | settings)) == sentence


def test_the_places_are_drawn_as_text() -> None:
    assert sketch(convolution((7, 7, 1), kernel=3, stride=2).width) == (
        "pixel   0 1 2 3 4 5 6\nplace 0 # # #\nplace 1     # # #\nplace 2         # # #"
    )


def test_padding_and_two_digit_pixels_are_drawn() -> None:
    assert sketch(convolution((11, 11, 1), kernel=3, stride=5, padding="same").width) == (
        "pixel                         1\n"
        "        . 0 1 2 3 4 5 6 7 8 9 0 .\n"
        "place 0 o # #\n"
        "place 1           # # #\n"
        "place 2                     # # o"
    )


def test_long_sides_are_cut_in_the_middle() -> None:
    text = sketch(convolution((227, 227, 3), kernel=11, stride=4).width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line.split()[:2] for line in lines[-2:]] == [["place", "53"], ["place", "54"]]
    assert lines[-3] == "..."
    assert all(line.count("#") == 11 for line in lines if line.startswith("place"))
    assert sketch(convolution((200, 200, 1), kernel=60).width) == ""


def test_a_huge_image_is_worked_out_and_its_sketch_cut(capsys) -> None:
    tracemalloc.start()
    code = command_line(["arithmetic", "99999999x99999999", "--kernel", "3"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    out = capsys.readouterr().out
    assert code == 0 and peak < 100_000_000
    assert "(99999999 + 0 - 3) / 1 + 1 = 99999997" in out
    assert out.count("\nplace ") == 5


def test_what_is_proposed_instead_of_a_huge_stride_is_looked_for_near_it() -> None:
    sentence = refusal(10**9, kernel=3, stride=70_000_000)
    assert "is not whole" in sentence and "fits" not in sentence
    assert "Stride 1 or 5 fits" in refusal(10**9, kernel=5, stride=7)


def test_numbers_beyond_any_image_are_refused() -> None:
    assert refusal(7, kernel=10**13) == "'kernel' is too large; give at most 1,000,000,000,000."
    assert refusal(7, kernel=3, padding=10**400).startswith("'padding' is too large")


def test_the_picture_has_four_places_in_and_out() -> None:
    before, after = draw(convolution((7, 7, 1), kernel=3, stride=2)).axes
    corners = [
        {(round(p.get_x() + 0.5), round(p.get_y() + 0.5)) for p in axes.patches if not p.get_fill()}
        for axes in (before, after)
    ]
    assert corners == [{(0, 0), (2, 0), (0, 2), (4, 4)}, {(0, 0), (1, 0), (0, 1), (2, 2)}]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    return command_line(["arithmetic", *arguments]), *capsys.readouterr()


def test_the_command_prints_the_sketch_and_the_figures(capsys) -> None:
    code, out, err = run(capsys, "32x32x3", "--kernel", "5", "--filters", "6")
    assert code == 0
    assert out.startswith("32x32x3, 6 filters of 5x5x3, stride 1, padding 0\n\nalong either side\n")
    assert "(32 + 0 - 5) / 1 + 1 = 28\n" in out
    assert out.endswith(
        "output             28x28x6\n"
        "weights            450, and 6 biases\n"
        "multiply-adds      352,800 an image\n"
    )
    assert err == "\nnext     noonbit arithmetic 28x28x6 --kernel 3 --padding 1\n"


def test_sides_that_differ_are_both_drawn(capsys) -> None:
    _, out, _ = run(capsys, "5x8", "--kernel", "3", "--stride", "2", "--padding", "same")
    assert "padding 1 at the top, 1 at the bottom, 0 on the left and 1 on the right" in out
    assert "along the height   (5 + 2 - 3) / 2 + 1 = 3\n" in out
    assert "along the width    (8 + 1 - 3) / 2 + 1 = 4\n" in out


def test_a_pool_moves_by_its_own_size_and_says_what_it_leaves_out(capsys) -> None:
    _, out, _ = run(capsys, "5x5x6", "--kernel", "2", "--pool", "--padding", "valid")
    assert out.startswith("5x5x6, 2x2 pool, stride 2, padding 0\n")
    assert "= 2, rounded down; 1 pixel at the end left out\n" in out
    assert out.endswith("output             2x2x6\n")


def test_the_command_gives_json_and_a_picture(capsys, tmp_path) -> None:
    picture = tmp_path / "places.png"
    arguments = ("7x7", "--kernel", "3", "--padding", "1", "--out", str(picture), "--json")
    code, out, err = run(capsys, *arguments)
    assert code == 0
    figures = json.loads(out)
    assert figures["output"] == [7, 7, 1]
    assert figures["padding"] == {"top": 1, "bottom": 1, "left": 1, "right": 1}
    assert (figures["weights"], figures["biases"], figures["multiply_adds"]) == (9, 1, 441)
    assert figures["picture"] == str(picture)
    assert f"picture  {picture}" in err
    with Image.open(picture) as image:
        assert image.format == "PNG" and image.width > 500


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("7", "--kernel", "3"), "7 is not a size; write height x width x channels"),
        (("7x7", "--kernel", "3", "--stride", "0"), "'stride' is 0; give at least 1."),
        (("7x7", "--kernel", "3", "--filters", "0"), "'filters' is 0; give at least 1."),
        (
            ("7x7", "--kernel", "3", "--padding", "full"),
            "--padding full is none; write a number of zeros, of up to 12 digits,",
        ),
        (("7x7", "--kernel", "2", "--pool", "--filters", "2"), "--filters has no use with --pool"),
    ],
)
def test_what_the_command_cannot_use_is_said(capsys, arguments, sentence: str) -> None:
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
