"""What clients get when there is no answer: the same JSON shape, in words that help.

``detail`` is FastAPI's habit and ``message`` what the web client reads; both hold the same text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from aura_engine.errors import AccessDenied, AuraError, RunConflict
from aura_engine.i18n import t
from aura_engine.logs import get_logger, redact

log = get_logger(__name__)

_OF_ROUTING: Final = {404: "bridge.no_such_address", 405: "bridge.no_such_method"}
CLIENT_CLOSED_REQUEST: Final = 499
_STATUSES: Final = {AccessDenied: 403, RunConflict: 409}
_REASONS: Final = {
    "int_parsing": "bridge.reason_int",
    "int_parsing_size": "bridge.reason_int",
    "int_from_float": "bridge.reason_int",
    "greater_than_equal": "bridge.reason_at_least",
    "less_than_equal": "bridge.reason_at_most",
    "uuid_parsing": "bridge.reason_uuid",
    "missing": "bridge.reason_missing",
}


class Refused(Exception):
    """A request that gets no answer, for a reason that its sender can act on.

    Parameters
    ----------
    status : int
        HTTP status, 400 to 599.
    message : str
        What happened and what to do, in the client's language.
    headers : mapping, optional
        To send along.
    """

    def __init__(
        self, status: int, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class NotModified(Exception):
    """What the caller holds is what there is.

    Parameters
    ----------
    tag : str
        Of both.
    """

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


class ClientGone(Exception):
    """Whoever waited for an answer does so no more."""


def problem(
    status: int, message: str, /, *, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return the JSON answer of a failed request.

    Parameters
    ----------
    status : int
        HTTP status.
    message : str
        What happened and what to do, in the client's language.
    headers : mapping, optional
        To send along.
    **more : object
        Further keys of the answer.
    """
    return JSONResponse(
        {"detail": message, "message": message, **more}, status, headers=dict(headers or {})
    )


def install_error_answers(app: FastAPI) -> None:
    """Let every error of a request become an answer in the bridge's shape."""
    app.exception_handler(Refused)(_refused)
    app.exception_handler(NotModified)(_not_modified)
    app.exception_handler(ClientGone)(_nobody_listens)
    app.exception_handler(HTTPException)(_of_the_framework)
    app.exception_handler(RequestValidationError)(_bad_values)
    app.exception_handler(AuraError)(_of_the_engine)


def _refused(_request: Request, error: Refused) -> JSONResponse:
    return problem(error.status, error.message, headers=error.headers)


def _not_modified(_request: Request, held: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": held.tag})


def _nobody_listens(_request: Request, _error: ClientGone) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)


def _of_the_framework(_request: Request, error: HTTPException) -> JSONResponse:
    message = t(_OF_ROUTING.get(error.status_code, "bridge.bad_request"))
    return problem(error.status_code, message, headers=error.headers)


def _bad_values(_request: Request, error: RequestValidationError) -> JSONResponse:
    return problem(422, " ".join(_complaint(found) for found in error.errors()))


def _complaint(found: Mapping[str, Any]) -> str:
    """Say what is wrong with one value, without repeating it."""
    reason = t(_REASONS.get(found["type"], "bridge.reason_other"), **found.get("ctx", {}))
    return t("bridge.bad_value", name=found["loc"][-1], reason=reason)


def _of_the_engine(request: Request, error: AuraError) -> JSONResponse:
    status = next((code for kind, code in _STATUSES.items() if isinstance(error, kind)), 503)
    log.warning("request_refused", status=status, kind=type(error).__name__, **where(request))
    return problem(status, redact(str(error)))


def where(request: Request) -> dict[str, Any]:
    """Return what a log may hold of a request: its route's pattern, never ids in its address."""
    route = request.scope.get("route")
    return {"method": request.method, "route": getattr(route, "path", None)}
