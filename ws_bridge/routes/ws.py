"""The live channels."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query, WebSocket

from ws_bridge.beginning import Place
from ws_bridge.channels import Channel
from ws_bridge.sockets import Sockets

MAX_SEQ = 2**63 - 1

router = APIRouter(prefix="/api/v2/clustering/ws")
Since = Annotated[int | None, Query(ge=0, le=MAX_SEQ)]
Epoch = Annotated[str | None, Query(max_length=64)]


@router.websocket("/live")
async def live(socket: WebSocket, since: Since = None, epoch: Epoch = None) -> None:
    """Tell of everything that happens."""
    await cast(Sockets, socket.app.state.sockets).serve(
        socket, Channel.CLUSTERING, Place(since, epoch)
    )


@router.websocket("/alerts")
async def alerts(socket: WebSocket, since: Since = None, epoch: Epoch = None) -> None:
    """Tell of whoever comes to ALTO_RIESGO."""
    await cast(Sockets, socket.app.state.sockets).serve(socket, Channel.ALERTS, Place(since, epoch))
