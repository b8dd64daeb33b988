"""``./aura bench triggers``: what the triggers cost a source, and how often they notify."""

from __future__ import annotations

import argparse
import statistics
from typing import Final

from benchmarks.measuring import print_figures
from benchmarks.triggers_listener import listening
from benchmarks.triggers_load import insert_milliseconds, inserts_a_second, seconds_of
from benchmarks.triggers_notifications import notifications
from benchmarks.triggers_site import MessagingSite, Pair, messaging_site

BULK: Final = {
    "every person concerned": "UPDATE messages SET is_deleted = NOT is_deleted",
    "nobody concerned": "UPDATE messages SET is_edited = NOT is_edited",
}
NOTIFIED_PEOPLE: Final = 1_000


def main() -> None:
    """Measure, print what each part gave, and the figures."""
    parser = argparse.ArgumentParser(prog="./aura bench triggers", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="messages that are updated")
    parser.add_argument("--rounds", type=int, default=5, help="without and with, in turn")
    parser.add_argument("--rate", type=float, default=1_000, help="single inserts a second")
    parser.add_argument("--writers", type=int, default=20, help="connections that write at once")
    parser.add_argument("--seconds", type=float, default=5, help="of each stream of inserts")
    options = parser.parse_args()
    with messaging_site(options.rows) as site:
        print(f"{site.messages:,} messages of {site.people:,} people")
        bulk = [_bulk(site, name, statement, options.rounds) for name, statement in BULK.items()]
        with listening(site.address):
            single = site.alternate(
                options.rounds,
                lambda: insert_milliseconds(site, rate=options.rate, seconds=options.seconds),
            )
            _print(f"one INSERT, {options.rate:,.0f} a second, p50", single, "ms", 3)
            many = site.alternate(
                options.rounds,
                lambda: inserts_a_second(site, writers=options.writers, seconds=options.seconds),
            )
            _print(f"INSERTs of {options.writers} writers", many, "/s", 0)
        sent = notifications(site, min(NOTIFIED_PEOPLE, site.people))
    for kind, count in sent.items():
        print(f"{kind:34} {count} notifications")
    print_figures(
        {
            "bulk_update_ratio": max(pair.ratio for pair in bulk),
            "single_insert_added_ms": single.difference,
            "notifications_per_statement": max(sent.values()),
        }
    )


def _bulk(site: MessagingSite, name: str, statement: str, rounds: int) -> Pair:
    seconds_of(site, statement)  # the first one makes room that the others use
    pair = site.alternate(rounds, lambda: seconds_of(site, statement))
    _print(f"UPDATE of all messages, {name}", pair, "s", 2)
    return pair


def _print(name: str, pair: Pair, unit: str, digits: int) -> None:
    without, having = (statistics.median(values) for values in (pair.without, pair.having))
    print(
        f"{name:48}{without:12,.{digits}f} {unit} without{having:12,.{digits}f} {unit} with, "
        f"{pair.ratio:.2f} times",
        flush=True,
    )


if __name__ == "__main__":
    main()
