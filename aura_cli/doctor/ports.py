"""Whether the ports are free."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from aura_cli.doctor.findings import Finding, State
from aura_engine.i18n import t
from aura_engine.settings import PORT_NAMES, Settings, documented_variables


def ports(settings: Settings) -> Iterator[Finding]:
    """Look at each port that a process of ours would listen on."""
    variables = documented_variables()
    for name in PORT_NAMES:
        yield port(name, getattr(settings, variables[name].attribute))


def port(name: str, number: int) -> Finding:
    """Look at one port; a busy one may be a process of ours and is only a warning."""
    area, subject = t("cli.area_ports"), f"{name} ({number})"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", number))
        except OSError as error:
            if error.errno == errno.EACCES:
                mend = t("cli.mend_port_forbidden", name=name)
                return Finding(area, subject, State.BROKEN, t("cli.port_forbidden"), mend)
            mend = t("cli.mend_port", name=name)
            return Finding(area, subject, State.WARNING, t("cli.port_busy"), mend)
    return Finding(area, subject, State.GOOD, t("cli.port_free"))
