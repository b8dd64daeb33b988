"""What is documented about each variable: the source of README's table and ``.env.example``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Variable:
    """What is documented about one variable."""

    name: str
    attribute: str
    default: str
    """The default as people read it, in Markdown; "" for none."""
    meaning: str
    secret: bool


def shown_default(text: str) -> dict[str, Any]:
    """Return the extra of a field whose default people read as `text`."""
    return {"shown_default": text}


def describe(attribute: str, field: FieldInfo) -> Variable:
    """Return what a field says of its variable."""
    extra = field.json_schema_extra
    shown = extra.get("shown_default") if isinstance(extra, dict) else None
    if shown is None:
        value = field.default
        shown = "" if value is None else f"`{int(value) if isinstance(value, bool) else value}`"
    return Variable(
        name=field.alias or attribute.upper(),
        attribute=attribute,
        default=str(shown),
        meaning=field.description or "",
        secret="SecretStr" in str(field.annotation),
    )
