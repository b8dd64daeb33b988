"""Reads of results; each takes the viewer, and authorises before it asks the database.

All take a connection of `aura_engine.store.connect.reading`, so that a page or a request sees
one state of the data.
"""

from aura_engine.store.reads.accounts import Community, accounts, communities
from aura_engine.store.reads.audit import (
    SUBJECTS,
    AuditActor,
    AuditEntry,
    AuditFilter,
    audit_actions,
    audit_actors,
    audit_count,
    audit_entries,
)
from aura_engine.store.reads.cases import (
    CaseFilter,
    CaseNumbers,
    case_list,
    case_numbers,
    case_of,
    case_stages,
    case_timeline,
    case_version,
)
from aura_engine.store.reads.charts import (
    SEVERITY_BINS,
    Scatter,
    Severities,
    level_profiles,
    run_totals,
    scatter,
    severities,
)
from aura_engine.store.reads.models import ModelInView, model_in_view
from aura_engine.store.reads.notices import NoticeChannel, notice_channels
from aura_engine.store.reads.people import (
    history,
    kpis_of,
    level_changes,
    level_count,
    person,
    person_by_id,
    risk_list,
    risk_ranks,
    stream_risk_list,
)
from aura_engine.store.reads.results import (
    DataVersion,
    LevelCount,
    data_version,
    distribution,
    is_demo,
)
from aura_engine.store.reads.runs import SILENT_AFTER, ServiceStatus, open_runs, run, runs, services
from aura_engine.store.reads.team import (
    Colleague,
    Load,
    colleagues,
    first_waiting,
    team_load,
    unknown_count,
    unknown_people,
)

__all__ = [
    "SEVERITY_BINS",
    "SILENT_AFTER",
    "SUBJECTS",
    "AuditActor",
    "AuditEntry",
    "AuditFilter",
    "CaseFilter",
    "CaseNumbers",
    "Colleague",
    "Community",
    "DataVersion",
    "LevelCount",
    "Load",
    "ModelInView",
    "NoticeChannel",
    "Scatter",
    "ServiceStatus",
    "Severities",
    "accounts",
    "audit_actions",
    "audit_actors",
    "audit_count",
    "audit_entries",
    "case_list",
    "case_numbers",
    "case_of",
    "case_stages",
    "case_timeline",
    "case_version",
    "colleagues",
    "communities",
    "data_version",
    "distribution",
    "first_waiting",
    "history",
    "is_demo",
    "kpis_of",
    "level_changes",
    "level_count",
    "level_profiles",
    "model_in_view",
    "notice_channels",
    "open_runs",
    "person",
    "person_by_id",
    "risk_list",
    "risk_ranks",
    "run",
    "run_totals",
    "runs",
    "scatter",
    "services",
    "severities",
    "stream_risk_list",
    "team_load",
    "unknown_count",
    "unknown_people",
]
