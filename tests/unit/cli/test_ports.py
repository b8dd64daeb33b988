"""A port that a server cannot have: why, and which variable moves it."""

from __future__ import annotations

import errno
import socket

import pytest

from aura_cli.ports import require_free
from aura_engine.errors import SettingsError


def complaint(address: str, port: int) -> str:
    with pytest.raises(SettingsError) as refused:
        require_free(address, port, "AURA_UI_PORT")
    return str(refused.value)


def test_a_port_that_another_program_uses_is_busy():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        said = complaint("127.0.0.1", port)
    assert "ocupado" in said
    assert "AURA_UI_PORT" in said
    require_free("127.0.0.1", port, "AURA_UI_PORT")


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "no-such-host.invalid"])
def test_an_address_that_is_not_of_this_machine_names_its_own_variable(address):
    said = complaint(address, 8501)
    assert "AURA_BIND_ADDRESS" in said
    assert address in said
    assert "ocupado" not in said


def test_a_port_that_this_account_may_not_open_is_not_called_busy(monkeypatch):
    def refuse(*_arguments: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    said = complaint("127.0.0.1", 443)
    assert "1024" in said
    assert "AURA_UI_PORT" in said
    assert "ocupado" not in said
