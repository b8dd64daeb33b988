"""How sockets are served: little waits in the kernel, and nothing is kept for who does not read."""

from __future__ import annotations

import socket
from asyncio import BaseTransport
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from ws_bridge.metrics import DEAD

SEND_BUFFER: Final = 65_536
"""Bytes that the kernel holds for one client; by itself it would take megabytes of what nobody
reads, and the queue that tells who is behind would fill too late."""
WRITE: Final = "aura.write_frame"
"""Where a socket's scope has what writes a frame that was made once for all."""
LINGER_SECONDS: Final = 5.0
"""How long a client that is let go gets to take its last words."""


class Protocol(WebSocketsSansIOProtocol):
    """uvicorn's, for clients that may be frozen."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Take the connection, with a small buffer."""
        link: Any = transport.get_extra_info("socket")
        if link is not None:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        super().connection_made(transport)

    def keepalive_timeout(self) -> None:
        """Let go of a client that does not answer a ping: it takes no last words either."""
        if not self.transport.is_closing():
            DEAD.inc()
        super().keepalive_timeout()
        self.transport.abort()

    def write_frame(self, frame: bytes) -> bool:
        """Write a whole frame at once, and tell whether that could be done."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(frame)
        return True

    async def run_asgi(self) -> None:
        """Serve one socket; closing it waits for what is still to be sent, but not for ever."""
        self.scope[WRITE] = self.write_frame  # type: ignore[typeddict-unknown-key]
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
