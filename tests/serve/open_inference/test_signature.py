"""The inputs and outputs that a client asks a server for."""

from infer_signatures import PICTURES, SENTENCES


def test_the_metadata_name_both_inputs_and_all_outputs() -> None:
    metadata = PICTURES.metadata().model_dump()
    assert metadata["inputs"] == [
        {"name": "images", "datatype": "UINT8", "shape": [-1, 1, 2, 3]},
        {"name": "image_bytes", "datatype": "BYTES", "shape": [-1]},
    ]
    assert [output["name"] for output in metadata["outputs"]] == [
        "probabilities",
        "logits",
        "class",
    ]
    assert [each.name for each in SENTENCES.inputs] == ["tokens", "text"]
