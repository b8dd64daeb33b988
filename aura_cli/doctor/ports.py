"""Whether the ports are free."""

from __future__ import annotations

from collections.abc import Iterator

from aura_cli.doctor.findings import Finding, State
from aura_cli.ports import Obstacle, obstacle
from aura_engine.i18n import t
from aura_engine.settings import PORT_NAMES, Settings, documented_variables


def ports(settings: Settings) -> Iterator[Finding]:
    """Look at each port that a process of ours would listen on."""
    variables = documented_variables()
    for name in PORT_NAMES:
        number = getattr(settings, variables[name].attribute)
        if number is not None:
            yield port(name, number, settings.bind_address)


def port(name: str, number: int, address: str = "127.0.0.1") -> Finding:
    """Look at one port; a busy one may be a process of ours and is only a warning.

    Parameters
    ----------
    name : str
        The setting that moves the port.
    number : int
        The port.
    address : str
        Where a server would listen.
    """
    area, subject = t("cli.area_ports"), f"{name} ({number})"
    found = obstacle(address, number)
    if found is None:
        return Finding(area, subject, State.GOOD, t("cli.port_free"))
    state = State.WARNING if found is Obstacle.BUSY else State.BROKEN
    detail = t(f"cli.port_{found.value}", address=address)
    return Finding(area, subject, state, detail, t(f"cli.mend_port_{found.value}", name=name))
