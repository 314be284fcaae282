"""noonbit.models.tta: the mean over mirrored, shifted and turned views."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from noonbit.config.recipe import Recipe
from noonbit.errors import UsageError
from noonbit.jobs.train import train
from noonbit.models.tta import BoardViews, Views, with_tta
from noonbit.runs.folder import load_run


class Recording(nn.Module):
    """Keeps its inputs, and returns the mean of their left half."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.images.append(images)
        return images[..., : images.shape[3] // 2].mean(dim=(1, 2, 3))[:, None]


IMAGES = torch.arange(2 * 3 * 4 * 6, dtype=torch.float32).view(2, 3, 4, 6)


def test_none_is_the_network_itself() -> None:
    network = Recording()
    assert with_tta(network, "none") is network
    assert with_tta(network, "") is network


def test_a_flip_asks_about_the_mirror_image_too_and_takes_the_mean() -> None:
    network = Recording()
    answer = with_tta(network, "flip")(IMAGES)
    assert torch.equal(network.images[0], IMAGES)
    assert torch.equal(network.images[1], IMAGES.flip(3))
    assert torch.allclose(answer, (Recording()(IMAGES) + Recording()(IMAGES.flip(3))) / 2)


def test_a_shift_asks_about_both_diagonals_with_repeated_edges() -> None:
    network = Recording()
    with_tta(network, "shift=1")(IMAGES)
    _, up_left, down_right = network.images
    padded = F.pad(IMAGES, (1, 1, 1, 1), mode="replicate")
    assert torch.equal(up_left, padded[:, :, :4, :6])
    assert torch.equal(down_right, padded[:, :, 2:, 2:])


def test_both_make_six_views() -> None:
    network = Recording()
    with_tta(network, "flip,shift=2")(IMAGES)
    assert len(network.images) == 6
    assert len({tuple(images.flatten().tolist()) for images in network.images}) == 6


@pytest.mark.parametrize(
    "text",
    ["flop", "shift", "shift=0", "shift=9", "shift=" + "1" * 5000, "flip=2", "rotation=3"],
    ids=lambda text: text[:9],
)
def test_unknown_views_are_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(UsageError, match="There are: none, flip, and shift=PIXELS from 1 to 8"):
        with_tta(nn.Identity(), text)


def test_a_run_answers_with_its_views_in_evaluation_and_when_loaded_again(tmp_path) -> None:
    recipe = Recipe(model="mlp", epochs=1, threads=1, test_time_augmentation="shift=1")
    run = train("digits", recipe, out=tmp_path / "run")
    loaded = load_run(run.path)
    assert isinstance(loaded.model, Views)
    assert loaded.evaluate().accuracy == run.evaluation.accuracy
    assert loaded.evaluate().loss == pytest.approx(run.evaluation.loss, rel=1e-6)
    plain = loaded.model.network
    image = torch.randn(1, 1, 8, 8)
    assert not torch.allclose(plain(image), loaded.model(image))


def test_a_wrong_view_is_refused_before_any_run_is_made(tmp_path) -> None:
    recipe = Recipe(model="mlp", epochs=1, threads=1, test_time_augmentation="turn")
    with pytest.raises(UsageError):
        train("digits", recipe, out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


class Pointing(nn.Module):
    """Returns the first plane plus the row number, which depends on the board's orientation."""

    def forward(self, planes: torch.Tensor) -> torch.Tensor:
        size = planes.shape[-1]
        return planes[:, 0].flatten(1) + torch.arange(size).repeat_interleave(size)


def test_answers_to_all_symmetries_of_a_board_are_turned_back() -> None:
    boards = torch.randn(4, 3, 5, 5)
    network = with_tta(Pointing(), "symmetries")
    assert isinstance(network, BoardViews)
    answers = network(boards)
    # The plane is unchanged; the row numbers are averaged over all orientations.
    rows = torch.arange(5.0).repeat_interleave(5).view(5, 5)
    ways = [turned for turn in range(4) for turned in (rows.rot90(turn), rows.rot90(turn).T)]
    expected = boards[:, 0].flatten(1) + torch.stack(ways).mean(dim=0).flatten()
    assert torch.allclose(answers, expected, atol=1e-5)


def test_a_network_asked_under_all_symmetries_has_none_that_it_prefers() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(2, 1, 3, padding=1), nn.Flatten())
    board = torch.randn(1, 2, 7, 7)
    answer = with_tta(network, "symmetries")(board).view(7, 7)
    turned = with_tta(network, "symmetries")(board.rot90(1, (2, 3))).view(7, 7)
    assert torch.allclose(turned, answer.rot90(1), atol=1e-5)
    assert not torch.allclose(network(board).view(7, 7), answer, atol=1e-2)
