"""The bridge's own description: Spanish words for OpenAPI, and pages that need no other server."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.docs import get_redoc_html
from fastapi.responses import HTMLResponse, Response
from fastapi_offline import FastAPIOffline
from starlette.types import Lifespan

from aura_engine.i18n import t
from ws_bridge import VERSION
from ws_bridge.models.common import Problem

DOCS: Final = "/docs"
REDOC: Final = "/redoc"
PAGES: Final = frozenset({DOCS, REDOC})
STATIC: Final = "/static-docs"
_REDOC_SCRIPT: Final = f"{STATIC}-redoc.js"
_LOGO: Final = "https://cdn.redoc.ly/redoc/logo-mini.svg"
_NO_PICTURE: Final = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
_PROBLEM: Final[dict[str, Any]] = {
    "application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}
}
_WITHOUT_TELEMETRY: Final[dict[str, Any]] = dict.fromkeys(
    ("tracing", "metrics", "logs", "operation_spans", "auto_configure"), False
)
"""Whatever the environment says: spans would carry addresses, which name people."""


def documented_app(title: str, lifespan: Lifespan[FastAPI]) -> FastAPI:
    """Make an application whose guide, at ``/docs`` and ``/redoc``, needs nothing from elsewhere.

    Parameters
    ----------
    title : str
        Name of the service.
    lifespan : callable
        What goes on while it answers.
    """
    app: FastAPI = FastAPIOffline(
        lifespan=lifespan,
        docs_url=DOCS,
        redoc_url=None,
        static_url=STATIC,
        favicon_url=_NO_PICTURE,
        title=title,
        version=VERSION,
        description=t("bridge.about"),
        openapi_tags=[
            {"name": t(f"bridge.tag_{tag}"), "description": t(f"bridge.tag_{tag}_about")}
            for tag in ("service", "v1", "v2")
        ],
        swagger_ui_parameters={"validatorUrl": None, "defaultModelsExpandDepth": 0},
        telemetry=_WITHOUT_TELEMETRY,
    )
    app.add_api_route(REDOC, _redoc_page(app), include_in_schema=False)
    app.add_api_route(_REDOC_SCRIPT, _redoc_script, include_in_schema=False)
    return app


def described(name: str, *statuses: int, is_page: bool = False) -> dict[str, Any]:
    """Return what OpenAPI says of one route, as arguments of its decorator.

    Parameters
    ----------
    name : str
        Of its words in the catalogue.
    *statuses : int
        Statuses other than 200 that it may answer with.
    is_page : bool
        Whether 200 is a page; problems are JSON all the same.
    """
    said = {"content": _PROBLEM} if is_page else {"model": Problem}
    return {
        "summary": t(f"bridge.{name}_summary"),
        "description": t(f"bridge.{name}_about"),
        "response_description": t("bridge.answer"),
        "responses": {
            status: {**said, "description": t(f"bridge.status_{status}")}
            for status in sorted({*statuses, 401, 403, 503})
        },
    }


def _redoc_page(app: FastAPI) -> Any:
    def redoc() -> HTMLResponse:
        return get_redoc_html(
            openapi_url=str(app.openapi_url),
            title=app.title,
            redoc_js_url=_REDOC_SCRIPT,
            redoc_favicon_url=_NO_PICTURE,
            with_google_fonts=False,
        )

    return redoc


def _redoc_script() -> Response:
    return Response(_bundle(), media_type="text/javascript; charset=utf-8")


@cache
def _bundle() -> str:
    """Return Redoc without the one picture that it would fetch from its makers' server."""
    bundle = files("fastapi_offline").joinpath("static", "redoc.standalone.js")
    return bundle.read_text(encoding="utf-8").replace(_LOGO, _NO_PICTURE)
