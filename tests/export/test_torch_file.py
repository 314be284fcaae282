"""A torch.export archive, read as its users read it."""

import json

import torch

from noonbit.export.torch_file import METADATA_FILE, write_torch


def test_an_archive_answers_any_batch_size_and_says_what_it_is(digits_run, tmp_path):
    path = tmp_path / "model.pt2"
    write_torch(digits_run, path)
    extra = {METADATA_FILE: ""}
    module = torch.export.load(path, extra_files=extra).module()
    for count in (1, 2, 7, 64):
        logits, probabilities = module(torch.zeros((count, 1, 8, 8), dtype=torch.uint8))
        assert logits.shape == probabilities.shape == (count, 10)
    metadata = json.loads(extra[METADATA_FILE])
    assert metadata["contract"]["class_names"] == list(digits_run.class_names)
    assert metadata["card"]["run"] == digits_run.path.name


def test_an_archive_holds_no_path_of_the_machine_that_wrote_it(digits_run, tmp_path):
    write_torch(digits_run, tmp_path / "model.pt2")
    assert b".py" not in (tmp_path / "model.pt2").read_bytes()
