"""Can a server have its port? Asked before it starts, so that the answer can name the setting."""

from __future__ import annotations

import errno
import socket
from enum import Enum

from aura_engine.errors import SettingsError
from aura_engine.i18n import t


class Obstacle(Enum):
    """What keeps a server from listening; the value is the end of its messages' names."""

    BUSY = "busy"
    FORBIDDEN = "forbidden"
    ADDRESS = "address"


def obstacle(address: str, port: int) -> Obstacle | None:
    """Try to listen, and say what is in the way.

    Parameters
    ----------
    address : str
        Name or number of an interface of this machine.
    port : int
        The port; 0 is any free one.

    Returns
    -------
    Obstacle or None
        None where a server could listen.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Obstacle.BUSY
        if error.errno == errno.EACCES:
            return Obstacle.FORBIDDEN
        return Obstacle.ADDRESS
    return None


def require_free(address: str, port: int, variable: str) -> None:
    """Check that a server can listen on a port.

    Parameters
    ----------
    address : str
        As of `obstacle`.
    port : int
        The port.
    variable : str
        The setting that moves the port.

    Raises
    ------
    SettingsError
        If it cannot; names the variable to change.
    """
    found = obstacle(address, port)
    if found is not None:
        raise SettingsError(
            t(f"cli.port_refused_{found.value}", port=port, variable=variable, address=address)
        )
