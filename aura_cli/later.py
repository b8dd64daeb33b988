"""Verbs that are still to come: they say so and do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NoReturn

import typer

from aura_engine.i18n import t

EXIT_NOT_YET: Final = 3
VERBS: Final = ("score",)


def not_yet(verb: str) -> Callable[[], None]:
    """Return the command of a verb that does not exist yet."""

    def say_so() -> None:
        say_not_yet(verb, what=t(f"cli.later_{verb}"))

    return say_so


def say_not_yet(verb: str, *, what: str) -> NoReturn:
    """Say that a verb does not exist yet and what it will do, and end without success."""
    typer.echo(t("cli.not_yet", verb=verb, what=what), err=True)
    raise typer.Exit(EXIT_NOT_YET)
