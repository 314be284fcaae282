"""Good and bad requests at once for minutes: every answer is checked, and the server's memory.

A client is one thread with a connection of its own, which draws one request after another. What may
come back is known for each kind; whatever else does is a fault.
"""

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from noonbit.export.onnx_model import OnnxModel
from noonbit.serve.client import encode_png, join_inputs

CLIENTS = 8
SAMPLE_SECONDS = 1.0
TOLERANCE = 1e-5
"""Between the server's probabilities and those of the file alone."""
IMAGES = 256
"""Different ones, of which each good request sends some."""


class Soak:
    """What the clients share."""

    def __init__(self, url: str, model: OnnxModel) -> None:
        self.url = urlsplit(url)
        self.path = f"/v2/models/{model.card.run}/infer"
        self.until = 0.0
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        generator = np.random.default_rng(2)
        shape = model.contract.preprocessor.shape
        self.images = generator.integers(0, 256, (IMAGES, *shape), np.uint8)
        prepared = np.asarray(model.contract.preprocessor.transform(self.images).values)
        self.probabilities = model.answer(prepared).probabilities
        self.requests: list[Callable[[HTTPConnection, random.Random], str]] = [
            self.tensor,
            self.tensor,
            self.files,
            self.files,
            self.cut_off_file,
            self.broken_json,
            self.wrong_shape,
            self.too_large,
            self.nowhere,
            self.leave,
        ]

    def client(self, seed: int) -> None:
        """Send one request after another until the time is over."""
        draw = random.Random(seed)
        connection = self.connect()
        while time.monotonic() < self.until:
            request = draw.choice(self.requests)
            try:
                outcome = request(connection, draw)
            except (OSError, HTTPException) as error:
                outcome = f"no answer: {type(error).__name__}"
                if request.__name__ not in ("leave", "too_large"):
                    self.faults.append(f"{request.__name__}: {error!r}")
                connection.close()
            self.counts[f"{request.__name__}: {outcome}"] += 1
        connection.close()

    def connect(self) -> HTTPConnection:
        """A connection to the server."""
        return HTTPConnection(str(self.url.hostname), self.url.port, timeout=60)

    def ask(
        self,
        connection: HTTPConnection,
        path: str,
        body: bytes,
        allowed: tuple[int, ...],
        headers: dict[str, str],
    ) -> tuple[int, bytes, int]:
        """Status, body, and length of its JSON; any status but `allowed` and 503 is a fault."""
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status not in (*allowed, 503):
            self.faults.append(f"{response.status} {answer[:200]!r}")
        return response.status, answer, int(response.headers.get(HEADER, len(answer)))

    def tensor(self, connection: HTTPConnection, draw: random.Random) -> str:
        """Some images in binary, whose probabilities are compared."""
        count = draw.choice((1, 1, 2, 7, 8, 64, 100))
        first = draw.randrange(IMAGES - count)
        body, length = tensor_request(self.images[first : first + count])
        status, answer, json_length = self.ask(
            connection, self.path, body, (200,), {HEADER: str(length)}
        )
        if status == 200:
            got = np.frombuffer(answer[json_length:], np.float32).reshape(count, -1)
            self.compare(got, self.probabilities[first : first + count])
        return str(status)

    def files(self, connection: HTTPConnection, draw: random.Random) -> str:
        """Some pictures as files, of which the probabilities of the first class are compared."""
        count = draw.choice((1, 1, 3, 16))
        first = draw.randrange(IMAGES - count)
        images = self.images[first : first + count]
        status, answer = self.predict(connection, [encode_png(each) for each in images])
        if status == 200:
            got = [row["probability"] for row in json.loads(answer)["predictions"]]
            self.compare(np.array(got), self.probabilities[first : first + count].max(axis=1))
        return str(status)

    def cut_off_file(self, connection: HTTPConnection, draw: random.Random) -> str:
        """A good picture and a broken one: one answer and one error."""
        good, broken = (encode_png(self.images[draw.randrange(IMAGES)]) for _ in range(2))
        status, answer = self.predict(connection, [good, broken[: len(broken) // 2]])
        if status == 200:
            rows = json.loads(answer)["predictions"]
            if "error" in rows[0] or "error" not in rows[1]:
                self.faults.append(f"cut_off_file: {rows}")
        return str(status)

    def predict(self, connection: HTTPConnection, files: list[bytes]) -> tuple[int, bytes]:
        """Send files."""
        body, content_type = join_inputs("pictures", files)
        headers = {"Content-Type": content_type}
        status, answer, _ = self.ask(connection, "/v1/predict", body, (200,), headers)
        return status, answer

    def broken_json(self, connection: HTTPConnection, draw: random.Random) -> str:
        """Bytes that are no JSON."""
        headers = {"Content-Type": "application/json"}
        body = draw.randbytes(draw.randrange(200))
        return str(self.ask(connection, "/v1/predict", body, (400,), headers)[0])

    def wrong_shape(self, connection: HTTPConnection, draw: random.Random) -> str:
        """A tensor that ends before its shape does."""
        body, length = tensor_request(self.images[:2])
        cut = body[: -draw.randrange(1, 700)]
        return str(self.ask(connection, self.path, cut, (400,), {HEADER: str(length)})[0])

    def too_large(self, connection: HTTPConnection, draw: random.Random) -> str:
        """A body of which only the stated length comes."""
        connection.putrequest("POST", "/v1/predict")
        connection.putheader("Content-Type", "image/png")
        connection.putheader("Content-Length", str(10**12))
        connection.endheaders()
        response = connection.getresponse()
        response.read()
        if response.status not in (413, 503):
            self.faults.append(f"too_large: {response.status}")
        connection.close()
        return str(response.status)

    def nowhere(self, connection: HTTPConnection, draw: random.Random) -> str:
        """A path that is not served."""
        return str(self.ask(connection, f"/{draw.random()}", b"", (404,), {})[0])

    def leave(self, connection: HTTPConnection, draw: random.Random) -> str:
        """A client that does not wait for its answer."""
        body, length = tensor_request(self.images[:64])
        connection.request("POST", self.path, body, {HEADER: str(length)})
        time.sleep(draw.random() * 0.02)
        connection.close()
        return "left"

    def compare(self, got: "np.ndarray[Any, Any]", expected: "np.ndarray[Any, Any]") -> None:
        """Note a wrong answer."""
        worst = float(np.abs(got - expected).max())
        if not worst <= TOLERANCE:
            self.faults.append(f"a wrong answer, by {worst:g}")


HEADER = "Inference-Header-Content-Length"


def tensor_request(images: "np.ndarray[Any, np.dtype[np.uint8]]") -> tuple[bytes, int]:
    """The body of a request of the Open Inference Protocol, and the length of its JSON."""
    tensor = {
        "name": "images",
        "datatype": "UINT8",
        "shape": list(images.shape),
        "parameters": {"binary_data_size": images.nbytes},
    }
    outputs = [{"name": "probabilities", "parameters": {"binary_data": True}}]
    header = json.dumps({"inputs": [tensor], "outputs": outputs}).encode()
    return header + images.tobytes(), len(header)


def soak(url: str, process: int, model: Path, minutes: float) -> dict[str, Any]:
    """Let clients ask for some minutes; what came back, the faults, and the server's memory."""
    state = Soak(url, OnnxModel.open(model, threads=1))
    state.until = time.monotonic() + 60 * minutes
    clients = [threading.Thread(target=state.client, args=(seed,)) for seed in range(CLIENTS)]
    for client in clients:
        client.start()
    memory = []
    while any(client.is_alive() for client in clients):
        memory.append(resident_mb(process))
        time.sleep(SAMPLE_SECONDS)
    for client in clients:
        client.join()
    # The first fifth warms up: threads and buffers are made for the first time.
    fifth = max(1, len(memory) // 5)
    result = {
        "minutes": minutes,
        "requests": sum(state.counts.values()),
        "outcomes": dict(sorted(state.counts.items())),
        "faults": state.faults[:20],
        "faults_in_all": len(state.faults),
        "memory_mb_second_fifth": max(memory[fifth : 2 * fifth], default=memory[0]),
        "memory_mb_last_fifth": max(memory[-fifth:]),
    }
    print(json.dumps(result, indent=2))
    return result


def resident_mb(process: int) -> float:
    """The memory of a process that is not swapped out."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
