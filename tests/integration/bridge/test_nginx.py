"""The nginx of the documentation, as it stands there, in front of a bridge that asks for tokens."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from websockets.asyncio.client import connect

from tests.integration.bridge.served import ROOT, Serve, Served, ask, free_port
from tests.integration.bridge.signing import JWT, token
from tests.integration.bridge.test_faults import PATH, tell
from tests.integration.store.rows import ids, publish
from tests.loops import in_a_loop
from tests.patience import PATIENCE, eventually

NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
COUNT = "/api/v1/data-miner/feature-vector/count"
DOCUMENTED = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")

pytestmark = pytest.mark.skipif(
    NGINX is None and not os.environ.get("AURA_REQUIRE_BROWSER"), reason="needs an nginx"
)


@contextmanager
def nginx(directory: Path, served: Served, signed: str) -> Iterator[int]:
    """Run it on a free port; only addresses and the token's place are other ones."""
    assert NGINX is not None, "apt-get install nginx-light"
    port = free_port()
    secret = directory / "aura-token.conf"
    secret.write_text(f'proxy_set_header Authorization "Bearer {signed}";\n', encoding="utf-8")
    site = DOCUMENTED
    for documented, here in (
        ("127.0.0.1:8080", f"127.0.0.1:{port}"),
        ("127.0.0.1:8001", f"127.0.0.1:{served.port}"),
        ("/etc/nginx/aura-token.conf", str(secret)),
    ):
        assert documented in site
        site = site.replace(documented, here)
    temporary = "".join(
        f"{kind}_temp_path {directory}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    whole = directory / "nginx.conf"
    whole.write_text(
        f"daemon off; pid {directory}/pid; error_log {directory}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen([NGINX, "-c", str(whole), "-p", str(directory)])
    try:
        eventually(lambda: (directory / "pid").exists())
        assert process.poll() is None, (directory / "error.log").read_text()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        shutil.rmtree(directory)


def test_clients_without_a_token_are_served_through_it(
    serve: Serve, store: Engine, reachable_path: Path
) -> None:
    publish(store, ids(2))
    served = serve(store.url, **JWT)
    assert served.await_answer()[0] == 401
    directory = reachable_path / "nginx"
    directory.mkdir()
    with nginx(directory, served, token(uuid.uuid4(), "admin")) as port:
        status, found, _ = ask(port, COUNT)
        assert (status, found["record_count"]) == (200, 2)
        # What a client sends in its place counts for nothing.
        claimed = {"Authorization": f"Bearer {token(uuid.uuid4(), 'user')}"}
        assert ask(port, COUNT, **claimed)[0] == 200

        async def listen() -> None:
            async with connect(f"ws://127.0.0.1:{port}{PATH}", open_timeout=PATIENCE) as link:
                assert json.loads(await link.recv())["type"] == "INITIAL_STATE"
                tell(store, 1)
                assert json.loads(await link.recv())["type"] == "ERROR"

        in_a_loop(listen())
    assert served.get(COUNT)[0] == 401
