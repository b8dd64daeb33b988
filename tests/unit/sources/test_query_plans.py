"""Reading plans: a scan that is begun anew for each row is more than one."""

from __future__ import annotations

from typing import Any

import pytest

from aura_engine.sources.check import Severity, Verdict
from aura_engine.sources.check.plans import plan_findings, read_plan
from aura_engine.sources.connections import Source

Plan = dict[str, Any]


def node(kind: str, *below: Plan, related: str | None = None, rows: int = 10, **more: Any) -> Plan:
    made: Plan = {"Node Type": kind, "Plan Rows": rows, "Total Cost": 12.5, **more}
    if below:
        made["Plans"] = list(below)
    if related:
        made["Parent Relationship"] = related
    return made


def scan(table: str, related: str | None = None, rows: int = 10) -> Plan:
    return node("Seq Scan", related=related, rows=rows, **{"Relation Name": table})


def search(index: str, kind: str = "Index Scan", related: str | None = None) -> Plan:
    return node(
        kind,
        related=related,
        **{"Index Name": index, "Relation Name": "posts", "Index Cond": "(id = 1)"},
    )


def test_a_search_is_no_scan() -> None:
    plan = read_plan("q", search("posts_pkey"))
    assert (plan.verdict, plan.scans, plan.indexes) == (Verdict.INDEX, {}, ("posts_pkey",))
    assert (plan.rows, plan.cost) == (10, 12.5)


def test_a_bitmap_is_a_search_of_its_index() -> None:
    bitmap = node(
        "Bitmap Heap Scan",
        node("Bitmap Index Scan", related="Outer", **{"Index Name": "posts_user_id"}),
        **{"Relation Name": "posts"},
    )
    plan = read_plan("q", bitmap)
    assert (plan.verdict, plan.indexes) == (Verdict.INDEX, ("posts_user_id",))


def test_an_index_that_is_read_from_end_to_end_is_a_scan() -> None:
    walk = node("Index Only Scan", **{"Index Name": "posts_user_id", "Relation Name": "posts"})
    assert read_plan("q", walk).scans == {"posts": 1}


def test_scans_below_a_hash_join_are_one_each() -> None:
    join = node("Hash Join", scan("a", "Outer"), node("Hash", scan("b"), related="Inner"))
    plan = read_plan("q", join)
    assert (plan.verdict, plan.scans) == (Verdict.ONE_SCAN, {"a": 1, "b": 1})


@pytest.mark.parametrize(
    ("inner", "outer_rows", "verdict"),
    [
        (scan("b", "Inner"), 1000, Verdict.MORE),
        (scan("b", "Inner"), 1, Verdict.ONE_SCAN),
        (node("Materialize", scan("b", "Outer"), related="Inner"), 1000, Verdict.ONE_SCAN),
        (node("Limit", scan("b", "Outer"), related="Inner"), 1000, Verdict.MORE),
        (search("b_pkey", related="Inner"), 1000, Verdict.ONE_SCAN),
    ],
    ids=["anew for each row", "for one row", "kept", "anew, deeper", "searched"],
)
def test_the_inner_side_of_a_loop_is_begun_anew_unless_it_is_kept(
    inner: Plan, outer_rows: int, verdict: Verdict
) -> None:
    loop = node("Nested Loop", scan("a", "Outer", rows=outer_rows), inner)
    assert read_plan("q", loop).verdict is verdict


def test_a_subquery_for_each_row_is_more_than_one_scan() -> None:
    plan = read_plan("q", node("Result", scan("a", "SubPlan")))
    assert plan.verdict is Verdict.MORE


def test_two_scans_are_a_finding_unless_the_query_says_so() -> None:
    twice = node("Append", scan("friendships", "Member"), scan("friendships", "Member"))
    documented, other = read_plan("follow_relations", twice), read_plan("posts", twice)
    assert documented.verdict is Verdict.ONE_SCAN
    assert other.verdict is Verdict.MORE
    (found,) = plan_findings((documented, other), Source.SOCIAL)
    assert found.severity is Severity.WARNING
    assert "posts" in found.message
    assert "friendships" in found.message
