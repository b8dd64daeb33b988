"""Is a port free? Asked before a server starts, so that the answer can name the setting."""

from __future__ import annotations

import socket

from aura_engine.errors import SettingsError
from aura_engine.i18n import t


def require_free(address: str, port: int, variable: str) -> None:
    """Check that a server can listen on a port.

    Raises
    ------
    SettingsError
        If another program does; names the variable that moves the port.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise SettingsError(t("cli.port_taken", port=port, variable=variable)) from error
