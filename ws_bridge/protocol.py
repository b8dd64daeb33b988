"""How sockets are served: little waits in the kernel, and nothing is kept for who does not read."""

from __future__ import annotations

import socket
from asyncio import BaseTransport
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

SEND_BUFFER: Final = 65_536
"""Bytes that the kernel holds for one client; by itself it would take megabytes of what nobody
reads, and the queue that tells who is behind would fill too late."""
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
        super().keepalive_timeout()
        self.transport.abort()

    async def run_asgi(self) -> None:
        """Serve one socket; closing it waits for what is still to be sent, but not for ever."""
        await super().run_asgi()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
