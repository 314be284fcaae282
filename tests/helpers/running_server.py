"""A server behind a real socket, in a thread of the test's process."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from noonbit.export.onnx_model import OnnxModel
from noonbit.serve.app import create_app
from noonbit.serve.listener import listen, url_of
from noonbit.serve.server import GracefulServer, make_server
from noonbit.serve.service import Service
from noonbit.serve.settings import ServeSettings


@dataclass
class RunningServer:
    url: str
    client: httpx.Client
    service: Service
    server: GracefulServer

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def metric(self, name: str) -> float:
        """The value of a metric without labels, or with those that stand in the name."""
        for line in self.client.get("/metrics").text.splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return 0.0


@contextmanager
def running_server(model: OnnxModel, **settings: object) -> Iterator[RunningServer]:
    chosen = ServeSettings(**{"port": 0, **settings})  # type: ignore[arg-type]
    app = create_app(model, chosen)
    started = threading.Event()
    with listen(chosen) as listener:
        url = url_of(listener)
        server = make_server(app, chosen, on_start=started.set)
        thread = threading.Thread(target=server.answer, args=(listener,))
        thread.start()
        try:
            assert started.wait(60), "the server did not start"
            with httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
                yield RunningServer(url, client, app.service, server)
        finally:
            server.should_exit = True
            thread.join()


def wait_until(condition: object, seconds: float = 30.0) -> None:
    """Wait until a condition holds; fails the test if it never does."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)
