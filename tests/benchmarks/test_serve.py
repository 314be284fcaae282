"""The benchmark of the server, in small: its figures, and what its soak finds."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks import serve as serving
from benchmarks.soak import Soak, soak
from noonbit.export.onnx_model import OnnxModel


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "NETWORK", "mlp")
        patch.setattr(serving, "TRAINED", 60)
        return serving.exported_run(tmp_path_factory.mktemp("benchmark"))


@pytest.mark.slow
def test_the_benchmark_keeps_ratios_latencies_and_a_soak_without_faults(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("needs wrk")
    monkeypatch.setattr(serving, "exported_run", lambda folder: model)
    monkeypatch.setattr(serving, "CONNECTIONS", {1: 4, 8: 2})
    out = tmp_path / "serve.json"
    serving.serve(rounds=2, seconds=1, minutes=0.05, threads=1, out=out)
    result = json.loads(out.read_text())
    for case in result["cases"].values():
        assert len(case["server_is_times"]) == 2 and case["not_answered"] == 0
        assert all(each["median"] > 0 for each in case["server_is_times"].values())
        assert 0 < case["p50_ms"]["median"] <= case["p99_ms"]["median"]
    assert result["one_picture"]["p50_ms"] > 0
    assert result["soak"]["faults_in_all"] == 0, result["soak"]["faults"]
    assert result["soak"]["outcomes"]["tensor: 200"] > 0


@pytest.mark.slow
def test_the_soak_notices_wrong_answers(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Soak.__init__

    def with_other_answers(self: Soak, url: str, opened: OnnxModel) -> None:
        original(self, url, opened)
        self.probabilities = np.roll(self.probabilities, 1, axis=0)

    monkeypatch.setattr(Soak, "__init__", with_other_answers)
    with serving.served(model, 1) as server:
        result = soak(server.url, server.process.pid, model, 0.05)
    assert any("a wrong answer" in fault for fault in result["faults"])
