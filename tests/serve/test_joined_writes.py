"""What leaves together, and what does not leave."""

import asyncio
from collections.abc import Iterable

from noonbit.serve.joined_writes import JoinedWrites


class RecordingTransport(asyncio.Transport):
    """Remembers what it was told to do, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[bytes | str] = []
        self.is_lost = False

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Take one packet."""
        self.told.append(b"".join(list_of_data))

    def is_closing(self) -> bool:
        """Whether the client has left."""
        return self.is_lost

    def close(self) -> None:
        """Close."""
        self.told.append("close")


def test_the_head_and_the_body_of_an_answer_leave_together() -> None:
    transport = RecordingTransport()

    async def answer_twice() -> None:
        joined = JoinedWrites(transport, asyncio.get_running_loop())
        for number in (b"1", b"2"):
            joined.write(b"head " + number)
            joined.write(b" body " + number)
            await asyncio.sleep(0)
        joined.write(b"last")
        joined.close()

    asyncio.run(answer_twice())
    assert transport.told == [b"head 1 body 1", b"head 2 body 2", b"last", "close"]


def test_nothing_is_sent_to_a_client_that_left_after_the_answer_was_written() -> None:
    transport = RecordingTransport()

    async def answer() -> None:
        JoinedWrites(transport, asyncio.get_running_loop()).write(b"answer")
        transport.is_lost = True
        await asyncio.sleep(0)

    asyncio.run(answer())
    assert transport.told == []
