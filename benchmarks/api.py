"""``./aura bench api``: the bridge's answers at a hundred thousand people, anew and unchanged."""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx2
import numpy as np

from benchmarks.measuring import print_figures
from benchmarks.published import publish
from benchmarks.served import Server, served
from benchmarks.site import connected, temporary_site

V1, V2 = "/api/v1/clustering", "/api/v2/clustering/data"
ROUTES: Final = {
    "distribution": f"{V2}/distribution",
    "scatter": f"{V2}/scatter",
    "radar": f"{V2}/radar",
    "severity-histogram": f"{V2}/severity-histogram",
    "kpi-trends": f"{V2}/kpi-trends?hours=24",
    "high-risk-users": f"{V2}/high-risk-users?limit=50",
    "results": f"{V1}/results",
    "profiles": f"{V1}/profiles",
    "users, a page": f"{V1}/users/ALTO_RIESGO?limit=100",
    "user-profile": f"{V1}/user-profile/{{person}}",
    "count": "/api/v1/data-miner/feature-vector/count",
}
OF_V2: Final = 6
"""The first of them, which have to be quick."""
WARM: Final = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="./aura bench api", description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=100, help="of each route, one at a time")
    parser.add_argument("--clients", type=int, default=4, help="at once, for the requests a second")
    parser.add_argument("--seconds", type=float, default=5.0, help="for the requests a second")
    options = parser.parse_args()
    with temporary_site() as (directory, site, lease):
        with connected(site.urls(lease).analytics) as store:
            person = publish(store, options.people)["user_id_raiz"].iloc[0]
        with served(directory, lease) as bridge:
            routes = {name: path.format(person=person) for name, path in ROUTES.items()}
            print(f"{'':22}{'p50 ms':>9}{'p95 ms':>9}{'304 p95':>9}{'bytes':>10}")
            p95 = {
                name: _timed(bridge, name, path, options.requests) for name, path in routes.items()
            }
            plain, tagged = (
                _rate(bridge, list(routes.values())[:OF_V2], options.clients, options.seconds, held)
                for held in (False, True)
            )
    print(f"{options.clients} clients: {plain:.0f} answers a second, {tagged:.0f} of 304")
    print_figures({"p95_ms": p95, "rps_etag": tagged, "rps_plain": plain})


def _timed(bridge: Server, name: str, path: str, requests: int) -> float:
    """Print how long a route takes, and return the 95th percentile in milliseconds."""
    with httpx2.Client(base_url=bridge.address, timeout=60) as client:
        seconds: dict[int, list[float]] = {200: [], 304: []}
        for number in range(WARM + requests):
            began = time.perf_counter()
            answer = client.get(path)
            taken = time.perf_counter() - began
            answer.raise_for_status()
            held = {"If-None-Match": answer.headers["ETag"]}
            began = time.perf_counter()
            unchanged = client.get(path, headers=held)
            if unchanged.status_code != 304:
                raise RuntimeError(f"{path} was read again")
            if number >= WARM:
                seconds[200].append(taken)
                seconds[304].append(time.perf_counter() - began)
    p50, p95 = (1_000 * float(q) for q in np.percentile(seconds[200], (50, 95)))
    same = 1_000 * float(np.percentile(seconds[304], 95))
    print(f"{name:22}{p50:9.1f}{p95:9.1f}{same:9.1f}{len(answer.content):10,}", flush=True)
    return round(p95, 1)


def _rate(bridge: Server, paths: list[str], clients: int, seconds: float, is_held: bool) -> float:
    """Return the answers a second that several clients get, who ask for the charts in turn."""
    end = time.perf_counter() + seconds

    def ask(_number: int) -> int:
        answered, tags = 0, dict.fromkeys(paths, "")
        with httpx2.Client(base_url=bridge.address, timeout=60) as client:
            while time.perf_counter() < end:
                for path in paths:
                    held = {"If-None-Match": tags[path]} if is_held and tags[path] else {}
                    answer = client.get(path, headers=held)
                    tags[path] = answer.headers["ETag"]
                    answered += 1
        return answered

    with ThreadPoolExecutor(clients) as pool:
        return sum(pool.map(ask, range(clients))) / seconds


if __name__ == "__main__":
    main()
