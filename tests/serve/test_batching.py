"""The queue in front of the network."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from noonbit.export.onnx_model import Outputs
from noonbit.serve.batching import Batcher, batch_sizes
from noonbit.serve.refusal import Busy


class Network:
    """Answers each value with itself, notes what it was asked, and waits while it is held."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.free = threading.Event()
        self.free.set()
        self.asked = threading.Event()

    def answer(self, values: NDArray[Any]) -> Outputs:
        self.batches.append(values[:, 0].tolist())
        self.asked.set()
        assert self.free.wait(30)
        if 13 in values:
            raise ValueError("thirteen")
        numbers = values.astype(np.float32)
        return Outputs(numbers, numbers / 2)


def numbers(*values: int) -> NDArray[np.uint8]:
    return np.array(values, np.uint8)[:, None]


def run(
    story: Callable[[Batcher, Network], Coroutine[Any, Any, None]],
    *,
    max_batch: int = 8,
    max_pending: int = 100,
) -> Network:
    """Play a story with a batcher that works."""
    network = Network()

    async def play() -> None:
        batcher = Batcher(network.answer, max_batch=max_batch, max_pending=max_pending)
        worker = asyncio.create_task(batcher.work())
        try:
            await asyncio.wait_for(story(batcher, network), 60)
        finally:
            network.free.set()
            worker.cancel()
            await asyncio.wait((worker,))

    asyncio.run(play())
    return network


async def occupy(batcher: Batcher, network: Network) -> asyncio.Task[Any]:
    """Keep the network busy with the input 99, so that what comes now waits."""
    network.free.clear()
    network.asked.clear()
    task = asyncio.create_task(batcher.answer(numbers(99)))
    await asyncio.to_thread(network.asked.wait, 30)
    return task


async def queue(batcher: Batcher, *values: int) -> asyncio.Task[Any]:
    task = asyncio.create_task(batcher.answer(numbers(*values)))
    await asyncio.sleep(0)
    return task


@pytest.mark.parametrize(
    ("largest", "sizes"), [(1, (1,)), (6, (6, 4, 2, 1)), (64, (64, 32, 16, 8, 4, 2, 1))]
)
def test_batches_have_one_of_a_few_sizes(largest: int, sizes: tuple[int, ...]) -> None:
    assert batch_sizes(largest) == sizes


def test_an_input_alone_is_answered_at_once() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        answers = await batcher.answer(numbers(7))
        assert answers.logits.tolist() == [[7]]
        assert answers.probabilities.tolist() == [[3.5]]

    assert run(story).batches == [[7]]


def test_requests_that_wait_share_a_batch_and_each_gets_its_own_answers() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        await occupy(batcher, network)
        one, two, three = [
            await queue(batcher, 1),
            await queue(batcher, 2, 3),
            await queue(batcher, 4),
        ]
        assert batcher.waiting == 4
        network.free.set()
        assert (await one).logits[:, 0].tolist() == [1]
        assert (await two).logits[:, 0].tolist() == [2, 3]
        assert (await three).logits[:, 0].tolist() == [4]
        assert batcher.waiting == 0

    assert run(story).batches == [[99], [1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("count", "sizes"), [(7, [4, 2, 1]), (8, [8]), (9, [8, 1]), (16, [8, 8]), (19, [8, 8, 2, 1])]
)
def test_a_request_is_split_into_batches_and_put_together_in_order(
    count: int, sizes: list[int]
) -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        answers = await batcher.answer(numbers(*range(20, 20 + count)))
        assert answers.logits[:, 0].tolist() == list(range(20, 20 + count))
        assert answers.probabilities.shape == (count, 1)

    assert [len(batch) for batch in run(story).batches] == sizes


def test_a_batch_is_filled_from_part_of_a_request() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        await occupy(batcher, network)
        tasks = [
            await queue(batcher, *range(5)),
            await queue(batcher, *range(20, 25)),
            await queue(batcher, 30),
        ]
        network.free.set()
        answers = await asyncio.gather(*tasks)
        assert answers[1].logits[:, 0].tolist() == [20, 21, 22, 23, 24]

    assert run(story).batches[1:] == [[0, 1, 2, 3, 4, 20, 21, 22], [23, 24], [30]]


def test_a_largest_batch_of_one_works() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        assert (await batcher.answer(numbers(1, 2))).logits[:, 0].tolist() == [1, 2]

    assert run(story, max_batch=1).batches == [[1], [2]]


def test_a_cancelled_request_leaves_before_its_batch() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        await occupy(batcher, network)
        gone, stays = await queue(batcher, 1, 2, 3), await queue(batcher, 4)
        gone.cancel()
        await asyncio.wait((gone,))
        assert batcher.waiting == 1
        network.free.set()
        assert (await stays).logits[:, 0].tolist() == [4]

    assert run(story).batches == [[99], [4]]


def test_a_request_cancelled_in_the_midst_of_its_batches_spares_the_rest() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        network.free.clear()
        large = await queue(batcher, *range(20))
        await asyncio.to_thread(network.asked.wait, 30)
        large.cancel()
        await asyncio.wait((large,))
        network.free.set()
        assert (await batcher.answer(numbers(50))).logits[:, 0].tolist() == [50]

    assert run(story).batches == [[*range(8)], [50]]


def test_an_exception_fails_its_batch_alone_and_the_next_is_answered() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        await occupy(batcher, network)
        bad, beside = await queue(batcher, 13), await queue(batcher, 14)
        network.free.set()
        for task in (bad, beside):
            with pytest.raises(ValueError, match="thirteen"):
                await task
        assert (await batcher.answer(numbers(5))).logits[:, 0].tolist() == [5]

    assert run(story).batches == [[99], [13, 14], [5]]


def test_what_is_left_of_a_request_that_failed_is_not_computed() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        with pytest.raises(ValueError, match="thirteen"):
            await batcher.answer(numbers(13, *range(30, 50)))
        assert batcher.waiting == 0

    assert [len(batch) for batch in run(story).batches] == [8]


def test_the_last_place_is_given_and_not_one_more() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        with batcher.reserve(7):
            with batcher.reserve(3):
                assert batcher.pending == 10
                with pytest.raises(Busy) as refused, batcher.reserve(1):
                    pass
            assert refused.value.status == 503
            assert int((refused.value.headers or {})["Retry-After"]) >= 1
            with batcher.reserve(3):
                pass
        assert batcher.pending == 0

    run(story, max_pending=10)


def test_places_are_given_back_when_a_request_fails() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        with pytest.raises(ValueError, match="thirteen"), batcher.reserve(10):
            await batcher.answer(numbers(13))
        with batcher.reserve(10):
            pass

    run(story, max_pending=10)


def test_many_requests_at_once_are_all_answered_right() -> None:
    async def story(batcher: Batcher, network: Network) -> None:
        random = np.random.default_rng(0)
        rows = [random.integers(20, 255, random.integers(1, 20)).tolist() for _ in range(200)]
        answers = await asyncio.gather(*(batcher.answer(numbers(*each)) for each in rows))
        assert [each.logits[:, 0].tolist() for each in answers] == rows

    batches = run(story).batches
    assert {len(batch) for batch in batches} <= {8, 4, 2, 1}
