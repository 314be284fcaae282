"""The OpenAPI document: complete, true to the server's answers, and shown without a script."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from running_server import RunningServer, running_server

from noonbit.export.onnx_model import OnnxModel
from noonbit.serve.app import create_app
from noonbit.serve.messages import ModelAnswer, PredictAnswer
from noonbit.serve.settings import ServeSettings


@pytest.fixture(scope="module")
def document(server: RunningServer) -> dict[str, Any]:
    answer: dict[str, Any] = server.client.get("/openapi.json").json()
    return answer


def test_every_path_of_the_server_is_in_the_document_and_no_other(
    server: RunningServer, document: dict[str, Any], digits_model: OnnxModel
) -> None:
    app = create_app(digits_model, ServeSettings())
    routed = {(route.path, route.method.lower()) for route in app.routes}
    described = {
        (path, method) for path, methods in document["paths"].items() for method in methods
    }
    assert described == routed


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    names = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert names and names <= document["components"]["schemas"].keys()


def test_fields_are_described(document: dict[str, Any]) -> None:
    fields = document["components"]["schemas"]["Prediction"]["properties"]
    assert fields["adjusted"]["description"].startswith("What was changed to make it fit")


def test_answers_have_exactly_the_fields_of_their_schema(
    server: RunningServer, document: dict[str, Any], pictures: list[bytes]
) -> None:
    schemas = document["components"]["schemas"]
    answer = server.client.post("/v1/predict", files=[("file", pictures[0])]).json()
    (row,) = answer["predictions"]
    assert row.keys() == schemas["Prediction"]["properties"].keys()
    assert row["top"][0].keys() == schemas["ClassProbability"]["properties"].keys()
    model = server.client.get("/v1/model").json()
    assert model.keys() == schemas["ModelAnswer"]["properties"].keys()
    ModelAnswer.model_validate(model)
    PredictAnswer.model_validate(answer)


def test_limits_are_those_of_the_server(digits_model: OnnxModel) -> None:
    with running_server(digits_model, max_inputs=9) as server:
        document = server.client.get("/openapi.json").json()
    bodies = document["paths"]["/v1/predict"]["post"]["requestBody"]["content"]
    assert bodies["multipart/form-data"]["schema"]["properties"]["file"]["maxItems"] == 9


def test_a_key_is_in_the_document_where_it_is_needed(digits_model: OnnxModel) -> None:
    with running_server(digits_model, api_key="secret") as server:
        assert server.client.get("/docs").status_code == 401
        document = server.client.get("/openapi.json", headers={"X-API-Key": "secret"}).json()
    assert document["security"] and "401" in document["paths"]["/v2"]["get"]["responses"]


def test_the_page_shows_everything_and_loads_nothing_from_elsewhere(
    server: RunningServer, document: dict[str, Any]
) -> None:
    response = server.client.get("/docs")
    for path in document["paths"]:
        assert f'<span class="path">{path}</span>' in response.text
    for name in document["components"]["schemas"]:
        assert f'id="{name}"' in response.text
    assert "<script" not in response.text and "//" not in re.sub(
        r"<!doctype.*?>", "", response.text
    )
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    for link in re.findall(r'(?:href|src)="([^"#]+)"', response.text):
        assert server.client.get(f"/{link}").status_code == 200, link


def test_a_name_with_markup_is_escaped(digits_model: OnnxModel) -> None:
    from noonbit.serve.service import Service

    card = digits_model.card.model_copy(update={"run": "<b>&bold"})
    original = digits_model.card
    digits_model.card = card
    try:
        assert Service(digits_model, ServeSettings()).name == "<b>&bold"
        with running_server(digits_model) as server:
            page = server.client.get("/docs").text
            metadata = server.client.get("/v2/models/%3Cb%3E%26bold").json()
    finally:
        digits_model.card = original
    assert "<b>" not in page and "&lt;b&gt;&amp;bold" in page
    assert metadata["name"] == "<b>&bold"


@pytest.mark.slow
def test_schemathesis_finds_no_server_error_and_no_answer_beside_the_document(
    digits_model: OnnxModel, tmp_path: Path
) -> None:
    program = shutil.which("schemathesis", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("needs schemathesis, of the extra `bench`")
    with running_server(digits_model, max_body_bytes=2**20) as server:
        done = subprocess.run(
            [
                program,
                "run",
                f"{server.url}/openapi.json",
                "--max-examples=40",
                "--seed=1",
                "--generation-database=none",
                # A schema cannot say which base64 is a picture, nor that 413 is a refusal too.
                "--exclude-checks=positive_data_acceptance,negative_data_rejection",
            ],
            cwd=tmp_path,
            env=os.environ | {"NO_COLOR": "1"},
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: 16" in done.stdout, done.stdout[-3000:]
