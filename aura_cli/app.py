"""The verbs, registered; and what becomes of an error that reaches the top.

Modules of verbs import the engine inside their functions: help must not wait for torch.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import typer

from aura_cli import db, run, sources, users
from aura_cli.bench import bench
from aura_cli.bridge import bridge
from aura_cli.demo import demo
from aura_cli.doctor import doctor
from aura_cli.evaluate import evaluate
from aura_cli.scheduler import scheduler
from aura_cli.score import score
from aura_cli.screenshots import screenshots
from aura_cli.suite import test
from aura_cli.trickle import trickle
from aura_cli.ui import ui
from aura_engine.errors import AuraError
from aura_engine.i18n import t

EXIT_ERROR: Final = 1
EXIT_INTERRUPTED: Final = 130

app = typer.Typer(
    name="aura",
    help=t("cli.help"),
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich's help takes half a second to load
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _show_help_without_a_verb(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command("demo", help=t("cli.help_demo"))(demo)
app.command(
    "test",
    help=t("cli.help_test"),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(test)
app.command("screenshots", help=t("cli.help_screenshots"))(screenshots)
app.add_typer(run.app, name="run", help=t("cli.help_run"))
app.add_typer(sources.app, name="sources", help=t("check.help"))
app.command("doctor", help=t("cli.help_doctor"))(doctor)
app.add_typer(db.app, name="db", help=t("cli.help_db"))
app.add_typer(users.app, name="users", help=t("cli.help_users_group"))
app.command("ui", help=t("cli.help_ui"))(ui)
app.command("scheduler", help=t("cli.help_scheduler"))(scheduler)
app.command("trickle", help=t("cli.help_trickle"), hidden=True)(trickle)
app.command("bridge", help=t("cli.help_bridge"))(bridge)
app.command("score", help=t("cli.help_score"))(score)
app.command("evaluate", help=t("cli.help_evaluate"))(evaluate)
app.command(
    "bench",
    help=t("cli.help_bench"),
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(bench)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return the exit status.

    Notes
    -----
    0 done; 1 an error, said on standard error; 2 wrong usage; 3 the measurement is still to come.
    """
    try:
        app(args=None if arguments is None else list(arguments), prog_name="./aura")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except AuraError as error:
        _explain(error)
        return EXIT_ERROR
    except Exception as error:  # noqa: BLE001 -- the last stop: Python's own traceback would not be redacted
        _report_a_defect(error)
        return EXIT_ERROR
    return 0


def _explain(error: AuraError) -> None:
    from aura_engine.logs import error_text, redact

    if _wants_tracebacks():
        sys.stderr.write(error_text(error) + "\n")
    sys.stderr.write(t("cli.error", message=redact(str(error))) + "\n")


def _report_a_defect(error: Exception) -> None:
    from aura_engine.logs import error_text

    sys.stderr.write(error_text(error) + "\n")
    sys.stderr.write(t("cli.defect") + "\n")


def _wants_tracebacks() -> bool:
    from aura_engine.errors import SettingsError
    from aura_engine.settings import Settings

    try:
        return Settings.load().debug
    except SettingsError:
        return False
