"""Tables that stand beside charts: the same numbers, with headings that people read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import pandas as pd

from aura_engine.charts import (
    CohortChart,
    CohortDaysChart,
    DistributionChart,
    HistoryChart,
    PeriodsChart,
    ProfilesChart,
    TrendsChart,
)
from aura_engine.charts.cohort_figures import cohort_name
from aura_engine.charts.cohorts import share
from aura_engine.charts.palette import LEVEL_ORDER
from aura_engine.charts.periods import HIGH_SHARE
from aura_engine.charts.profile_figures import profile_name
from aura_engine.domain import KPI_COLUMNS, RiskLevel
from aura_engine.i18n import t
from aura_engine.store.reads import (
    FEWEST,
    SEVERITY_BINS,
    Cohort,
    Hidden,
    Scatter,
    Severities,
    SeverityDay,
)
from aura_ui.formats import NOTHING, moment

TREND_COLUMNS = (
    "days_since_last_seen",
    "sentiment_negativity_index",
    "ratio_night_messages",
    "reciprocity_ratio",
    "is_profile_incomplete",
    "num_community_categories",
)


def level_table(chart: DistributionChart) -> pd.DataFrame:
    """Return people by level."""
    return pd.DataFrame(
        {
            t("ui.level"): t(f"levels.{level}"),
            t("ui.people"): chart.counts[level].people,
            t("ui.share"): None if (share := chart.percent(level)) is None else round(share, 1),
            t("ui.insufficient"): chart.counts[level].insufficient,
            t("ui.stopped_showing"): chart.counts[level].stopped_showing,
        }
        for level in LEVEL_ORDER
    )


def severity_table(chart: Severities) -> pd.DataFrame:
    """Return people by bin of ASI and level."""
    named = chart.people.rename(columns={level.value: t(f"levels.{level}") for level in RiskLevel})
    return named.rename_axis(t("distribution.bin")).reset_index()


def cohort_table(chart: CohortChart) -> pd.DataFrame:
    """Return people and levels by group; of a small one only that it is small."""
    return pd.DataFrame(
        {
            t(f"cohorts.{chart.kind}"): cohort_name(cohort.name),
            **_cohort_cells(cohort),
            t("cohorts.mean"): None
            if cohort.mean_severity is None
            else round(cohort.mean_severity, 1),
        }
        for cohort in chart.cohorts
    )


def cohort_severity_table(chart: CohortChart) -> pd.DataFrame:
    """Return people by group and bin of ASI; of a small group only that it is small."""
    return pd.DataFrame(
        {
            t(f"cohorts.{chart.kind}"): cohort_name(cohort.name),
            t("ui.people"): _size(cohort.people, cohort.hidden),
            **_bins(cohort.bins),
        }
        for cohort in chart.cohorts
    )


def cohort_days_table(chart: CohortDaysChart) -> pd.DataFrame:
    """Return people and levels by day and group, the newest day first."""
    return pd.DataFrame(
        {
            t("cohorts.day"): day.day.isoformat(),
            t(f"cohorts.{chart.kind}"): cohort_name(cohort.name),
            **_cohort_cells(cohort),
            **_bins(cohort.bins),
        }
        for day in reversed(chart.days)
        for cohort in day.cohorts
    )


def severity_days_table(days: Sequence[SeverityDay]) -> pd.DataFrame:
    """Return people by day and bin of ASI, the newest day first."""
    return pd.DataFrame(
        {t("cohorts.day"): day.day.isoformat(), **_bins(day.people)} for day in reversed(days)
    )


def _bins(people: tuple[int, ...] | None) -> dict[str, int | None]:
    return {
        f"ASI {name}": None if people is None else people[place]
        for place, name in enumerate(SEVERITY_BINS)
    }


def _cohort_cells(cohort: Cohort) -> dict[str, object]:
    return {
        t("ui.people"): _size(cohort.people, cohort.hidden),
        **{
            t(f"levels.{level}"): None if cohort.levels is None else cohort.levels[level]
            for level in LEVEL_ORDER
        },
        t("cohorts.high_share"): None
        if (percent := share(cohort, RiskLevel.ALTO)) is None
        else round(percent, 1),
    }


def scatter_table(chart: Scatter) -> pd.DataFrame:
    """Return the people that a map draws, by pseudonym."""
    points = chart.points
    return pd.DataFrame(
        {
            t("map.pseudonym"): points["pseudonym"],
            t("ui.level"): points["cluster_label"].map(lambda level: t(f"levels.{level}")),
            t("high.asi"): points["severity_index"].round().astype(int),
            t("map.by_cluster"): points["kmeans_cluster"],
            t("charts.axis_x"): points["pca_x"].round(3),
            t("charts.axis_y"): points["pca_y"].round(3),
        }
    )


def profiles_table(chart: ProfilesChart) -> pd.DataFrame:
    """Return the mean of each scaled KPI by group; of a hidden one only that it is hidden."""
    return pd.DataFrame(
        {
            t(f"profiles.by_{chart.by}"): profile_name(group, chart.by),
            t("ui.people"): _size(group.people, group.hidden),
            **{
                t(f"kpi_names.{column}"): None if group.means is None else round(group.means[j], 3)
                for j, column in enumerate(KPI_COLUMNS)
            },
        }
        for group in chart.groups
    )


def _size(people: int | None, hidden: Hidden | None) -> str:
    if people is None:
        return f"<{FEWEST}" if hidden is Hidden.SMALL else t("cohorts.beside")
    return str(people)


def trend_table(chart: TrendsChart, zone: tzinfo) -> pd.DataFrame:
    """Return what each run found, or what was known at each step, the newest first."""
    return pd.DataFrame(
        {
            t("trends.moment"): moment(point.as_of, zone),
            **{t(f"levels.{level}"): point.distribution[level.value] for level in LEVEL_ORDER},
            **{
                t(f"kpi_names.{column}"): None
                if (mean := point.averages.get(column)) is None
                else round(mean, 3)
                for column in TREND_COLUMNS
            },
            t("trends.model"): NOTHING
            if point.model_version_id is None
            else f"v{point.model_version_id}",
        }
        for point in reversed(chart.points)
    )


def periods_table(chart: PeriodsChart) -> pd.DataFrame:
    """Return levels and KPIs in the period before, in the last one, and their change."""
    rows = chart.rows()
    return pd.DataFrame(
        {
            t("periods.what"): [_compared_name(row.name) for row in rows],
            t("periods.before"): [_rounded(row.before) for row in rows],
            t("periods.now"): [_rounded(row.now) for row in rows],
            t("periods.change"): [_rounded(row.change) for row in rows],
        }
    )


def _compared_name(name: str) -> str:
    if name == HIGH_SHARE:
        return t("periods.high_share")
    return t(f"kpis.{name}") if name in KPI_COLUMNS else t("periods.people", level=_level(name))


def _level(name: str) -> str:
    return t(f"levels.{name}")


def _rounded(value: float | None) -> float | None:
    """Return a figure with as many decimals as tell something in its size."""
    return None if value is None else round(value, 1 if abs(value) >= 10 else 3)


def history_table(chart: HistoryChart, zone: tzinfo) -> pd.DataFrame:
    """Return one person's verdicts, the newest first."""
    return pd.DataFrame(
        {
            t("trends.moment"): moment(point.as_of, zone),
            t("high.asi"): round(point.severity, 1),
            t("ui.level"): t(f"levels.{point.level}"),
            t("person.changed_by"): t(f"reasons.{point.reason}") if point.reason else "",
            t("trends.model"): f"v{point.model_version_id}",
        }
        for point in reversed(chart.points())
    )
