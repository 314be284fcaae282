import numpy as np
import pytest
import torch

from noonbit.augment import sample_parameters
from noonbit.augment.boards import turn_boards, turn_points
from noonbit.config.augmentation import Augmentation
from noonbit.data.go.symmetries import SYMMETRIES, transform, transform_labels
from noonbit.errors import UsageError

CPU = torch.device("cpu")
EVERY = torch.arange(SYMMETRIES)


def test_boards_and_points_turn_as_in_numpy() -> None:
    boards = torch.randint(0, 2, (SYMMETRIES, 3, 5, 5), dtype=torch.uint8)
    points = torch.randint(0, 25, (SYMMETRIES,))
    turned = turn_boards(boards, EVERY)
    assert turned.dtype == torch.uint8
    assert (turned.numpy() == transform(boards.numpy(), EVERY.numpy())).all()
    there = turn_points(points, EVERY, 5)
    assert (there.numpy() == transform_labels(points.numpy(), EVERY.numpy(), 5)).all()


def test_the_label_is_where_the_stone_went() -> None:
    points = torch.randint(0, 81, (50,))
    symmetries = torch.randint(0, 8, (50,))
    boards = torch.nn.functional.one_hot(points, 81).view(50, 1, 9, 9)
    turned = turn_boards(boards, symmetries).view(50, 81)
    assert (turned.argmax(dim=1) == turn_points(points, symmetries, 9)).all()


def test_eight_epochs_show_each_board_in_all_its_eight_ways() -> None:
    settings = Augmentation.parse("symmetries")
    drawn = [
        sample_parameters(settings, seed=3, epoch=epoch, count=100, device=CPU)
        for epoch in range(8)
    ]
    each = torch.stack([draws.symmetry for draws in drawn if draws.symmetry is not None])
    assert (each.sort(dim=0).values == EVERY[:, None]).all()
    assert len(np.unique(each[0])) == 8, "one epoch shows boards in all ways"


def test_without_symmetries_none_are_drawn() -> None:
    assert sample_parameters(Augmentation(), seed=0, epoch=0, count=4, device=CPU).symmetry is None


def test_symmetries_are_a_flag() -> None:
    assert Augmentation.parse("symmetries").symmetries
    assert str(Augmentation(symmetries=True)) == "symmetries"
    with pytest.raises(UsageError, match="symmetries"):
        Augmentation.parse("symmetrie")
