"""What all answers share."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel


def _for_clients(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Show an example instead of the docstring, which speaks to whoever reads the code."""
    schema.pop("description", None)
    example = getattr(model, "EXAMPLE", None)
    if example is not None:
        schema["examples"] = [example]


class Answer(BaseModel):
    """Part of an answer; `EXAMPLE` is shown in the guide."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = None

    model_config = ConfigDict(frozen=True, json_schema_extra=_for_clients)


class ChartPart(Answer):
    """Part of a chart, with the names that Chart.js gives its options."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class Problem(Answer):
    """Why there is no answer, and what to do."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "detail": "La base de datos de análisis no responde. Compruebe que esté en marcha.",
        "message": "La base de datos de análisis no responde. Compruebe que esté en marcha.",
    }

    detail: str
    message: str
