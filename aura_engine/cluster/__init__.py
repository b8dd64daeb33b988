"""The embedded PostgreSQL: one server per data root, shared by all processes.

Every client holds a shared file lock (a :class:`Lease`); a detached supervisor runs the server
for as long as somebody holds one. The kernel frees a killed client's lock, so nothing has to be
cleaned up by hand.
"""

from __future__ import annotations

from aura_engine.cluster.cluster import EmbeddedCluster
from aura_engine.cluster.lease import Lease
from aura_engine.cluster.provision import (
    clone_database,
    create_database,
    create_role,
    drop_database,
    ensure_template,
)
from aura_engine.cluster.purpose import Purpose

__all__ = [
    "EmbeddedCluster",
    "Lease",
    "Purpose",
    "clone_database",
    "create_database",
    "create_role",
    "drop_database",
    "ensure_template",
]
