"""``./aura run``: runs of the pipeline."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep ``run`` a group while it has a single verb."""
