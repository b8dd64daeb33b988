"""How the server would answer each query of a run: by its indexes, or by one scan of a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from aura_engine.sources.check.findings import Finding, Severity
from aura_engine.sources.connections import Source
from aura_engine.sql import load_queries

DOCUMENTED_SCANS: Final = {"follow_relations": {"friendships": 2}}
"""Queries whose text says that they scan a table more than once."""
_THROUGH_A_CURSOR: Final = ("_texts", "_edits")
"""Endings of queries read in pieces, which PostgreSQL plans for an early start."""
_KEPT: Final = ("Materialize", "Memoize", "Hash", "Sort", "Aggregate", "CTE Scan")
"""Nodes that read what is below them once, however often they are asked."""


class Verdict(StrEnum):
    """How a query reaches its rows."""

    INDEX = "index"
    ONE_SCAN = "one_scan"
    MORE = "more"
    """More scans of a table than the query's text says."""
    REFUSED = "refused"
    """The server does not even plan it: a grant, a table or a column is missing."""


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """The server's plan for one query.

    Attributes
    ----------
    query : str
        Its name in ``sql/queries``.
    verdict : Verdict
        Of all tables together.
    scans : dict of int
        Times that each table is read whole; a scan that is begun anew for each row counts as 2 or
        more.
    indexes : tuple of str
        Indexes that are searched.
    rows : int
        Rows of the result, as the server expects them.
    cost : float
        Total cost in the server's units, about the time of reading one page in a row.
    """

    query: str
    verdict: Verdict
    scans: dict[str, int] = field(default_factory=dict)
    indexes: tuple[str, ...] = ()
    rows: int = 0
    cost: float = 0.0


def explain_all(
    connection: Connection, source: Source, parameters: Mapping[str, object]
) -> tuple[QueryPlan, ...]:
    """Have every query that a run asks of a source explained; none is executed.

    Parameters
    ----------
    connection : Connection
        Within a transaction.
    source : Source
        Whose queries.
    parameters : mapping
        Values of all names that occur in them.
    """
    return tuple(
        explain(connection, name, query, parameters)
        for name, query in load_queries(source.value).items()
    )


def explain(
    connection: Connection, name: str, query: str, parameters: Mapping[str, object]
) -> QueryPlan:
    """Have one query explained as it is run.

    Parameters
    ----------
    connection : Connection
        Within a transaction; it goes on whatever the server answers.
    name : str
        Of the query.
    query : str
        Its text.
    parameters : mapping
        Values of its names.
    """
    declared = "DECLARE explained NO SCROLL CURSOR FOR " if name.endswith(_THROUGH_A_CURSOR) else ""
    try:
        with connection.begin_nested():
            (answer,) = connection.execute(
                text(f"EXPLAIN (FORMAT JSON) {declared}{query}"), dict(parameters)
            ).scalar_one()
    except ProgrammingError:
        return QueryPlan(name, Verdict.REFUSED)
    return read_plan(name, answer["Plan"])


def read_plan(query: str, plan: Mapping[str, Any]) -> QueryPlan:
    """Read a plan in the form that ``EXPLAIN (FORMAT JSON)`` gives."""
    scans: Counter[str] = Counter()
    indexes: set[str] = set()
    for node, repeated in _nodes(plan, repeated=False):
        if "Relation Name" in node and _reads_all(node):
            scans[node["Relation Name"]] += 2 if repeated else 1
        elif "Index Name" in node:
            indexes.add(node["Index Name"])
    documented = DOCUMENTED_SCANS.get(query, {})
    if any(count > documented.get(table, 1) for table, count in scans.items()):
        verdict = Verdict.MORE
    else:
        verdict = Verdict.ONE_SCAN if scans else Verdict.INDEX
    return QueryPlan(
        query,
        verdict,
        dict(sorted(scans.items())),
        tuple(sorted(indexes)),
        int(plan["Plan Rows"]),
        float(plan["Total Cost"]),
    )


def plan_findings(plans: tuple[QueryPlan, ...], source: Source) -> Iterator[Finding]:
    """Name the queries that read a table more often than their text says."""
    for plan in plans:
        if plan.verdict is Verdict.MORE:
            documented = DOCUMENTED_SCANS.get(plan.query, {})
            tables = ", ".join(
                table for table, count in plan.scans.items() if count > documented.get(table, 1)
            )
            fields: dict[str, object] = {"query": plan.query, "tables": tables}
            yield Finding(Severity.WARNING, source, "check.more_scans", fields)


def _nodes(node: Mapping[str, Any], *, repeated: bool) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Walk a plan; the second value says whether a node is begun anew for each row of another."""
    yield node, repeated
    below = repeated and node["Node Type"] not in _KEPT
    children = node.get("Plans", [])
    outer_rows = next(
        (child["Plan Rows"] for child in children if child.get("Parent Relationship") == "Outer"), 0
    )
    for child in children:
        related = child.get("Parent Relationship")
        of_a_loop = node["Node Type"] == "Nested Loop" and related == "Inner" and outer_rows > 1
        yield from _nodes(child, repeated=below or of_a_loop or related == "SubPlan")


def _reads_all(node: Mapping[str, Any]) -> bool:
    """Tell a scan, of a table or of a whole index, from a search."""
    if node["Node Type"] in ("Index Scan", "Index Only Scan"):
        return "Index Cond" not in node
    return str(node["Node Type"]) != "Bitmap Heap Scan"
