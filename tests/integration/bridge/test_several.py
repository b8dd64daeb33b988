"""Several bridges of one installation: whoever comes back may come to another one."""

from __future__ import annotations

from sqlalchemy import Engine

from tests.integration.bridge.served import Serve
from tests.integration.bridge.test_faults import opened, received, tell
from tests.integration.store.rows import ids, publish
from tests.loops import in_a_loop


def test_each_tells_the_same_and_goes_on_where_another_ended(serve: Serve, store: Engine) -> None:
    publish(store, ids(1))
    one, another = serve(store.url), serve(store.url)
    for served in (one, another):
        served.await_answer()

    async def move() -> None:
        first, second = await opened(one), await opened(another)
        told = [(await received(link, 1))[0] for link in (first, second)]
        assert [message["connected_clients"] for message in told] == [1, 1]  # of each process
        tell(store, 5)
        heard, same = await received(first, 5), await received(second, 5)
        assert heard == same
        await first.close()
        tell(store, 3)
        place = f"?since={heard[-1]['seq']}&epoch={told[0]['epoch']}"
        moved = await opened(another, place)
        messages = await received(moved, 4)
        assert messages[0]["recovered"] is True
        assert [message["seq"] for message in messages[1:]] == [
            heard[-1]["seq"] + step for step in (1, 2, 3)
        ]
        for link in (second, moved):
            await link.close()

    in_a_loop(move())
