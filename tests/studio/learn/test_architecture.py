"""A network as a drawing."""

from xml.etree import ElementTree

from noonbit.studio.learn.architecture import TALLEST, boxes_of, draw

SUMMARY = {
    "input": [28, 28, 1],
    "layers": [
        {"kind": "Conv2d", "output": [32, 26, 26], "parameters": 320},
        {"kind": "ReLU", "output": [32, 26, 26], "parameters": 0},
        {"kind": "MaxPool2d", "output": [32, 13, 13], "parameters": 0},
        {"kind": "Linear", "output": [10], "parameters": 54_090},
    ],
}


def test_what_changes_the_shape_is_a_box_with_its_size_and_parameters() -> None:
    boxes = boxes_of(SUMMARY)
    assert [box.kind for box in boxes] == ["input", "convolution", "pool", "dense"]
    assert [box.label for box in boxes] == [
        "1 x 28 x 28",
        "32 x 26 x 26 · 320",
        "32 x 13 x 13",
        "10 · 54,090",
    ]


def test_more_maps_are_wider_and_smaller_maps_lower() -> None:
    image, convolution, pool, dense = boxes_of(SUMMARY)
    assert image.height(28) == TALLEST and pool.height(28) < convolution.height(28) < TALLEST
    assert image.width < convolution.width == pool.width
    assert 0 < dense.height(28) <= TALLEST


def test_a_name_cannot_leave_its_attribute() -> None:
    title = '"><script>alert(1)</script>'
    drawing = ElementTree.fromstring(draw(boxes_of(SUMMARY), title))
    assert drawing.get("aria-label") == title
    assert {each.tag.rpartition("}")[2] for each in drawing.iter()} == {
        "svg",
        "g",
        "title",
        "rect",
        "text",
    }
