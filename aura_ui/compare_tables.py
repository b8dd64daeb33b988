"""What the comparison of two runs shows, as tables with headings that people read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.domain import LEVEL_RANK, RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import MoveCause, Moves
from aura_ui.formats import NOTHING, whole
from aura_ui.people import Reasons, marks, reasons_in_words


def moves_table(moves: Moves) -> pd.DataFrame:
    """Return how many went from which level to which; who stayed is in it too.

    Parameters
    ----------
    moves : Moves
        Of `aura_engine.store.reads.moves`.
    """
    rows = [_row(moves, level, t(f"levels.{level}")) for level in LEVEL_ORDER]
    rows.append(_row(moves, None, t("compare.came")))
    table = pd.DataFrame(rows)
    total: dict[str, Any] = {t("compare.before"): t("compare.total")}
    for column in table.columns[1:]:
        known = table[column].dropna()
        total[column] = int(known.sum()) if len(known) else None
    table = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    return table.astype(dict.fromkeys(table.columns[1:], "Int64"))


def _row(moves: Moves, before: RiskLevel | None, name: str) -> dict[str, Any]:
    to_levels = {
        t("compare.to", level=t(f"levels.{level}")): moves.cells[before, level]
        for level in LEVEL_ORDER
    }
    left = moves.cells.get((before, None)) if moves.left_is_known else None
    total = sum(to_levels.values()) + (left or 0)
    return {
        t("compare.before"): name,
        **to_levels,
        t("compare.left"): left,
        t("compare.total"): total,
    }


def causes_table(moves: Moves) -> pd.DataFrame:
    """Return how many moved because of what; each of them once."""
    rows: list[tuple[str, int | None]] = [
        (t(f"compare.cause_{cause}"), moves.by_cause(cause)) for cause in MoveCause
    ]
    rows.append((t("compare.cause_left"), moves.left))
    columns = [t("compare.motivo"), t("ui.people")]
    return pd.DataFrame(rows, columns=columns).astype({columns[1]: "Int64"})


def finding(moves: Moves) -> str:
    """Say in one line how many moved, and in which direction."""
    if not moves.population:
        return t("compare.nobody")
    if not moves.moved:
        return t("compare.finding_none", people=whole(moves.population))
    up = sum(
        people
        for (before, after), people in moves.cells.items()
        if before and after and LEVEL_RANK[after] > LEVEL_RANK[before]
    )
    return t(
        "compare.finding",
        people=whole(moves.population),
        moved=whole(moves.moved),
        up=whole(up),
        down=whole(moves.moved - up),
    )


def people_table(people: Sequence[Mapping[str, Any]], reasons: Reasons) -> pd.DataFrame:
    """Return those who moved, by pseudonym.

    Parameters
    ----------
    people : sequence of mapping
        Of `aura_engine.store.reads.moved_people`.
    reasons : mapping
        Of `aura_ui.people.reasons_of`, of those whose verdict is still the one compared.
    """
    return pd.DataFrame(
        {
            t("high.pseudonym"): row["pseudonym"],
            t("compare.de"): t(f"levels.{row['from_level']}")
            if row["from_level"]
            else t("compare.came_one"),
            t("compare.a"): t(f"levels.{row['to_level']}"),
            t("compare.asi_before"): row["from_severity"],
            t("compare.asi_after"): row["to_severity"],
            t("high.change"): row["asi_change"],
            t("compare.motivo"): t(f"reasons.{row['cause']}"),
            t("compare.heaviest"): _heaviest(row, reasons),
            t("high.marks"): " · ".join(marks(row)),
        }
        for row in people
    )


def _heaviest(row: Mapping[str, Any], reasons: Reasons) -> str:
    if row["moved_since"]:
        return t("compare.moved_since")
    return reasons_in_words(reasons, row["pseudonym"], most=1) or NOTHING
