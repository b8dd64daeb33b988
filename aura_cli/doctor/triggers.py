"""Whether each source tells of its changes, and by which version of the triggers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from aura_cli.doctor.findings import Finding, State
from aura_engine.i18n import t
from aura_engine.sources import Source
from aura_engine.sources.triggers import shipped_version, trigger_state

_SHOWN: Final = 3


def trigger_findings(name: str, connection: Connection) -> Iterator[Finding]:
    """Say what is installed in one source; nothing there is no fault, half of it is one."""
    source = next(source for source in Source if source.variable == name)
    area = t("cli.area_databases")
    subject = t("triggers.subject", database=source.database)
    found = trigger_state(connection, source)
    mend = t("triggers.mend", source=source.value)
    if not found.is_there:
        yield Finding(area, subject, State.NOTE, t("triggers.absent"), mend)
        return
    wrong = []
    if not found.is_readable:
        wrong.append(t("triggers.unreadable"))
    elif found.version != shipped_version():
        wrong.append(t("triggers.other_version", found=found.version, due=shipped_version()))
    for key, names in (("missing", found.missing), ("disabled", found.disabled)):
        if names:
            some = ", ".join(names[:_SHOWN])
            wrong.append(t(f"triggers.{key}", count=len(names), some=some))
    if wrong:
        yield Finding(area, subject, State.WARNING, "; ".join(wrong), mend)
    else:
        yield Finding(area, subject, State.GOOD, t("triggers.complete", version=found.version))
