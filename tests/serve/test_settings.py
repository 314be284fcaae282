"""What a server may be told."""

import pytest

from noonbit.errors import UsageError
from noonbit.serve.settings import ServeSettings, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_needs_no_key(host: str) -> None:
    assert ServeSettings(host=host).is_local


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "localhost.example", "", "x"])
def test_others_need_a_key(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(UsageError, match=r"set the variable NOONBIT_API_KEY"):
        ServeSettings(host=host)
    assert ServeSettings(host=host, api_key="k").api_key == "k"


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "new\nline"])
def test_a_key_that_no_header_can_hold_is_refused(key: str) -> None:
    with pytest.raises(UsageError, match="NOONBIT_API_KEY is no key") as refused:
        ServeSettings(api_key=key)
    assert not key or key not in str(refused.value)


def test_the_queue_has_room_for_the_largest_request() -> None:
    assert ServeSettings(max_inputs=5, max_pending=5)
    with pytest.raises(UsageError, match="room for the largest request"):
        ServeSettings(max_inputs=5, max_pending=4)
    with pytest.raises(UsageError, match="room for the largest request"):
        ServeSettings(max_body_bytes=5, max_held_bytes=4)
    with pytest.raises(UsageError, match="at least 1"):
        ServeSettings(max_batch=0)
