"""A proxy between us and a server that can swallow bytes without closing anything."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress
from typing import Final, Self

_LOOK_SECONDS: Final = 0.05
_BYTES: Final = 65_536


class Proxy:
    """Passes bytes on in both directions, until it is told to swallow them; a context manager.

    Parameters
    ----------
    host, port
        Of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listening, selectors.EVENT_READ)
        self._is_over = threading.Event()
        self._swallows = threading.Event()
        self._spoilt: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._work, name="proxy", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens, at 127.0.0.1."""
        return int(self._listening.getsockname()[1])

    def swallow(self) -> None:
        """Let no byte through from now on; connections stay open, and new ones are accepted."""
        self._swallows.set()

    def pass_on(self) -> None:
        """Let bytes through again, except on connections that lost some."""
        self._swallows.clear()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._selector.close()

    def _work(self) -> None:
        while not self._is_over.is_set():
            for key, _ in self._selector.select(_LOOK_SECONDS):
                if key.fileobj is self._listening:
                    self._accept()
                elif not _is_closed(key.fileobj):  # its peer may just have ended
                    self._carry(key.fileobj, key.data)  # type: ignore[arg-type]

    def _accept(self) -> None:
        ours, _ = self._listening.accept()
        server = socket.create_connection(self._server)
        self._selector.register(ours, selectors.EVENT_READ, server)
        self._selector.register(server, selectors.EVENT_READ, ours)

    def _carry(self, link: socket.socket, peer: socket.socket) -> None:
        try:
            data = link.recv(_BYTES)
        except OSError:
            data = b""
        if self._swallows.is_set():
            self._spoilt |= {link, peer}
        if link in self._spoilt:
            if not data:  # its end, too, is told to nobody
                self._selector.unregister(link)
                link.close()
            return
        with suppress(OSError):
            peer.sendall(data)
        if not data:
            for end in (link, peer):
                self._selector.unregister(end)
                end.close()


def _is_closed(link: object) -> bool:
    return isinstance(link, socket.socket) and link.fileno() < 0
