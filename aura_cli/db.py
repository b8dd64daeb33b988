"""``./aura db``: the analytics database's structure."""

from __future__ import annotations

import typer

from aura_engine.i18n import t

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keep ``db`` a group while it has a single verb."""


@app.command("upgrade", help=t("cli.help_db_upgrade"))
def upgrade() -> None:
    """Bring the analytics database to the newest structure."""
    from aura_cli.context import start
    from aura_cli.databases import open_analytics
    from aura_engine.store import migrate

    with open_analytics(start()) as engine:
        with engine.connect() as connection:
            before = migrate.current_revision(connection)
        migrate.upgrade(engine)
    head = migrate.head_revision()
    if before == head:
        typer.echo(t("cli.db_was_current", revision=head))
    else:
        typer.echo(t("cli.db_upgraded", before=before or t("cli.db_empty"), after=head))
