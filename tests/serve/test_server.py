"""`noonbit serve` as a process: its port, its signals, and what it leaves unfinished."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from encoded_pictures import noise_picture
from held_model import HeldModel
from raw_http import connected, head, receive
from running_server import running_server, wait_until

from noonbit.errors import UsageError
from noonbit.serve.listener import listen, url_of
from noonbit.serve.settings import ServeSettings

COMMAND = (sys.executable, "-m", "noonbit", "serve")


class Process:
    """A running `noonbit serve`, with the lines of its stderr so far."""

    def __init__(self, arguments: Sequence[str], **environment: str) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, *arguments, "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://"), self.end()
        self.port = int(self.url.rpartition(":")[2])

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    def end(self) -> int:
        """Wait for the exit code."""
        code = self.process.wait(60)
        self._reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()
        return code


@contextmanager
def serving(*arguments: str, **environment: str) -> Iterator[Process]:
    process = Process(arguments, **environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
            process.end()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_after_what_was_taken(
    digits_file: Path, number: signal.Signals
) -> None:
    with serving(str(digits_file)) as server:
        assert httpx.get(f"{server.url}/ready", trust_env=False).status_code == 200
        with connected(server.port) as half, connected(server.port) as idle:
            body = noise_picture()
            line = f"Content-Length: {len(body)}"
            half.sendall(head("POST /v1/predict", "Content-Type: image/png", line) + body[:50])
            time.sleep(0.2)
            server.process.send_signal(number)
            assert idle.recv(1) == b""  # what asks nothing is closed
            with pytest.raises(ConnectionRefusedError):
                while True:  # the listening socket is closed in a moment
                    connected(server.port).__enter__().close()
            half.sendall(body[50:])
            status, _, answer = receive(half)
            assert status == 200
            assert "prediction" in answer["predictions"][0]
        assert server.end() == 0
    assert "stopped  every request that was taken is answered\n" in server.lines


def test_a_second_signal_waits_for_nobody(digits_file: Path) -> None:
    with serving(str(digits_file)) as server, connected(server.port) as half:
        half.sendall(head("POST /v1/predict", "Content-Type: image/png", "Content-Length: 9"))
        time.sleep(0.2)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            server.process.wait(1)
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == 0


def test_what_it_prints_can_be_typed(digits_file: Path, tmp_path: Path) -> None:
    picture = tmp_path / "one.png"
    picture.write_bytes(noise_picture())
    with serving(str(digits_file), NOONBIT_API_KEY="secret-key") as server:
        wait_until(lambda: any(line.startswith("next") for line in server.lines))
        (line,) = [line for line in server.lines if line.startswith("next")]
        command = line.removeprefix("next     ").strip().replace("PICTURE", str(picture))
        done = subprocess.run(
            command,
            shell=True,
            capture_output=True,
            text=True,
            env={**os.environ, "NOONBIT_API_KEY": "secret-key", "no_proxy": "*"},
        )
        assert '"prediction":' in done.stdout
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == 0
    assert "secret-key" not in "".join(server.lines)
    assert any("127.0.0.1 POST /v1/predict 200" in line for line in server.lines)


def test_the_serving_process_never_loads_pytorch(digits_file: Path) -> None:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("needs /proc")
    with serving(str(digits_file)) as server:
        files = [("f", noise_picture(30, 30)), ("f", b"x")]
        assert httpx.post(f"{server.url}/v1/predict", files=files, trust_env=False).is_success
        assert httpx.get(f"{server.url}/metrics", trust_env=False).is_success
        loaded = Path(f"/proc/{server.process.pid}/maps").read_text()
        assert "onnxruntime" in loaded
        assert "libtorch" not in loaded
        server.process.send_signal(signal.SIGTERM)
        assert server.end() == 0


def test_what_has_no_answer_after_the_grace_period_is_told_so(digits_file: Path) -> None:
    model = HeldModel.of(digits_file)
    with running_server(model, grace_seconds=1) as server:
        model.hold()
        body = noise_picture()
        with connected(server.port) as connection:
            line = f"Content-Length: {len(body)}"
            connection.sendall(head("POST /v1/predict", "Content-Type: image/png", line) + body)
            assert model.asked.wait(60)
            server.server.handle_exit(signal.SIGTERM, None)
            assert not server.service.is_ready
            threading.Timer(2, model.free.set).start()
            status, headers, answer = receive(connection)
        assert status == 503
        assert "stopped before it had an answer" in answer["error"]
        assert "retry-after" in headers
        assert server.service.given_up == 1


def test_a_port_in_use_is_one_sentence(digits_file: Path) -> None:
    with listen(ServeSettings(port=0)) as listener:
        listener.listen()
        port = listener.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, str(digits_file), "--port", str(port)], capture_output=True, text=True
        )
    assert done.returncode == 2
    assert done.stderr == (
        f"error: Port {port} of 127.0.0.1 is in use. Choose another with --port, or end what "
        "listens there.\n"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "", "a\0b"])
def test_a_host_that_is_not_of_this_machine_is_refused(host: str) -> None:
    settings = ServeSettings(host=host, port=0, api_key="key")
    with pytest.raises(UsageError, match="Choose another --host|Use 127.0.0.1"), listen(settings):
        pass


def test_a_url_names_an_address_that_answers_here() -> None:
    with listen(ServeSettings(host="0.0.0.0", port=0, api_key="key")) as listener:
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"
    if socket.has_ipv6:
        with listen(ServeSettings(host="::1", port=0)) as listener:
            assert url_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"
