"""``./aura run``: runs of the pipeline."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep ``run`` a group while it has a single verb."""
