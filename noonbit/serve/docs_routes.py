"""The OpenAPI document at /openapi.json, and as a page at /docs, all of it served from here.

The page is plain HTML, without a script: it needs no build, nothing from elsewhere, and the
strictest Content-Security-Policy. Swagger UI would be the usual choice; its package on PyPI
(swagger-ui-bundle 1.1.0) is of 2023, from before Swagger UI could read OpenAPI 3.1.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from noonbit.serve.openapi import build_document
from noonbit.serve.service import Service

FOLDER = Path(__file__).parent
STYLE = FOLDER / "docs.css"
PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"


def routes(service: Service) -> list[BaseRoute]:
    """The routes /openapi.json, /docs and /docs/style.css."""
    document = build_document(service)

    @cache
    def page() -> str:
        templates = Environment(
            loader=FileSystemLoader(FOLDER),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return templates.get_template("docs.html.j2").render(document=document)

    async def openapi(request: Request) -> Response:
        return JSONResponse(document)

    async def docs(request: Request) -> Response:
        return HTMLResponse(page(), headers={"Content-Security-Policy": PAGE_POLICY})

    async def style(request: Request) -> Response:
        return FileResponse(STYLE, media_type="text/css")

    return [
        Route("/openapi.json", openapi, methods=["GET"]),
        Route("/docs", docs, methods=["GET"]),
        Route("/docs/style.css", style, methods=["GET"]),
    ]
