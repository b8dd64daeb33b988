"""The settings, names that look like settings, and the data directory."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from aura_cli.doctor.findings import Finding, State
from aura_engine.i18n import t
from aura_engine.settings import Settings, Variable, documented_variables

ELSEWHERE: Final = frozenset(
    {"AURA_PYTHON", "AURA_CHROMIUM", "AURA_REQUIRE_BROWSER", "AURA_ENV_FILE", "AURA_OWNER_URL"}
)
"""Variables that the launcher, the tests or a single verb read, not the settings."""


def settings_states(settings: Settings) -> Iterator[Finding]:
    """Say of each variable whether it was given; secrets are never shown."""
    area = t("cli.area_settings")
    given = settings.variables_set()
    for name, variable in documented_variables().items():
        word = t("cli.setting_given" if name in given else "cli.setting_default")
        shown = _shown(settings, variable)
        detail = f"{word}: {shown}" if shown else word
        yield Finding(area, name, State.GOOD if name in given else State.NOTE, detail)


def _shown(settings: Settings, variable: Variable) -> str:
    value = getattr(settings, variable.attribute)
    if value is None or variable.secret:
        return ""
    return str(int(value)) if isinstance(value, bool) else str(value)


def unknown_names(names: Iterable[str]) -> Iterator[Finding]:
    """Name variables with our prefix that nothing reads: most are typing errors."""
    known = [*documented_variables(), *ELSEWHERE]
    for name in sorted(names):
        if name.startswith(("AURA_", "DATABASE_URL_")) and name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            mend = t("cli.mend_misspelt", known=close[0]) if close else t("cli.mend_unknown")
            yield Finding(
                t("cli.area_settings"), name, State.WARNING, t("cli.setting_unknown"), mend
            )


def data_directory(path: Path) -> Finding:
    """Look whether the data directory can be written, or made."""
    area, subject = t("cli.area_settings"), t("cli.data_directory")
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        detail = t("cli.directory_closed", path=nearest)
        return Finding(area, subject, State.BROKEN, detail, t("cli.mend_directory"))
    detail = str(path) if nearest == path else t("cli.directory_to_come", path=path)
    return Finding(area, subject, State.GOOD, detail)
