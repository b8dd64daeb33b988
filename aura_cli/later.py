"""Verbs that are still to come: they say so and do nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

import typer

from aura_engine.i18n import t

EXIT_NOT_YET: Final = 3
VERBS: Final = ("score", "evaluate", "bench")


def not_yet(verb: str) -> Callable[..., None]:
    """Return the command of a verb that does not exist yet."""

    def say_so() -> None:
        _stop(verb)

    def say_so_of_a_bench(
        name: Annotated[str | None, typer.Argument(help=t("cli.help_bench_name"))] = None,  # noqa: ARG001
    ) -> None:
        _stop(verb)

    return say_so_of_a_bench if verb == "bench" else say_so


def _stop(verb: str) -> None:
    typer.echo(t("cli.not_yet", verb=verb, what=t(f"cli.later_{verb}")), err=True)
    raise typer.Exit(EXIT_NOT_YET)
