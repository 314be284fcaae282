"""The OpenAPI document at /openapi.json, and as a page at /docs, all of it served from here.

The page is plain HTML, without a script: it needs no build, nothing from elsewhere, and the
strictest Content-Security-Policy. Swagger UI would be the usual choice; its package on PyPI
(swagger-ui-bundle 1.1.0) is of 2023, from before Swagger UI could read OpenAPI 3.1.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from noonbit.serve.request import Answer, Request, Route
from noonbit.serve.service import Service

FOLDER = Path(__file__).parent
STYLE = FOLDER / "docs.css"
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"


def routes(service: Service) -> list[Route]:
    """The routes /openapi.json, /docs and /docs/style.css.

    The document is made when it is first asked for, since most servers are never asked, and the
    schemas of all messages and jinja2 are a tenth of what a server does before it answers.
    """

    @cache
    def document() -> dict[str, Any]:
        from noonbit.serve.openapi import build_document

        return build_document(service)

    @cache
    def page() -> str:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined

        templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return templates.get_template("docs.html.j2").render(document=document())

    async def openapi(request: Request) -> Answer:
        return Answer(json.dumps(document()).encode())

    async def docs(request: Request) -> Answer:
        return Answer(
            page().encode(),
            media_type="text/html; charset=utf-8",
            headers={"Content-Security-Policy": PAGE_POLICY},
        )

    async def style(request: Request) -> Answer:
        return Answer(STYLE.read_bytes(), media_type="text/css; charset=utf-8")

    return [
        Route("GET", "/openapi.json", openapi),
        Route("GET", "/docs", docs),
        Route("GET", "/docs/style.css", style),
    ]
