"""Somebody of the demo whose days turn, written as the services write it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import text

from aura_engine.demo.plan import DemoPlan
from aura_engine.sources import Source
from tests.desk import Desk
from tests.integration.store.case_rows import open_case

MESSAGES: Final = 120
_ORDINARY: Final = text("""
    SELECT user_id_raiz::text FROM user_feature_vector
    WHERE cluster_label = 'BAJO_RIESGO' AND is_sufficient AND evidence = 6
    ORDER BY severity_index DESC, user_id_raiz LIMIT 1
""")
WAITING: Final = 4
"""People who wait when the tests begin."""
_HIGH: Final = text("""
    SELECT f.user_id_raiz::text FROM user_feature_vector f
    WHERE f.cluster_label = 'ALTO_RIESGO' AND f.is_sufficient
    ORDER BY f.severity_index DESC, f.user_id_raiz LIMIT :waiting
""").bindparams(waiting=WAITING)
_PROFILE: Final = text("SELECT id::text FROM user_profiles WHERE user_id = CAST(:person AS uuid)")
_WRITE: Final = text("""
    INSERT INTO messages (sender_profile_id, content, created_at, updated_at)
    SELECT u.profile_id, :content || ' ' || n, at, at
    FROM users u
    CROSS JOIN generate_series(1, :messages) AS n
    CROSS JOIN LATERAL (
        SELECT (date_trunc('day', now() AT TIME ZONE :zone) - make_interval(days => n % 20 + 1)
                + make_interval(hours => :hour, mins => n % 60)) AT TIME ZONE :zone AS at
    ) AS night
    WHERE u.profile_id IN (CAST(:person AS uuid), CAST(:profile AS uuid))
""")


def let_some_wait(desk: Desk) -> None:
    """Let a few people in ALTO wait for somebody: the demo's team may have closed every case."""
    with desk.store.connect() as connection:
        users = list(connection.scalars(_HIGH))
    assert len(users) == WAITING, "fewer people of the demo are in ALTO"
    for user in users:
        open_case(desk.store, user, at=datetime.now(UTC))


def ordinary_person(desk: Desk) -> str:
    """Return the root id of somebody of BAJO_RIESGO of whom everything is known."""
    with desk.store.connect() as connection:
        return str(connection.execute(_ORDINARY).scalar_one())


def live_through_hard_nights(desk: Desk, person: str) -> None:
    """Let somebody have written sad messages at three in the morning for three weeks.

    Parameters
    ----------
    desk : Desk
        Whose sources.
    person : str
        Root id.
    """
    words = "nadie me quiere, odio mi vida y ya no puedo más"
    _write(desk, person, content=words, hour=3, messages=MESSAGES)


def write_at_noon(desk: Desk, person: str) -> None:
    """Let somebody have written one cheerful message at noon.

    Parameters
    ----------
    desk : Desk
        Whose sources.
    person : str
        Root id.
    """
    _write(desk, person, content="qué buen partido, gracias a todos", hour=12, messages=1)


def _write(desk: Desk, person: str, *, content: str, hour: int, messages: int) -> None:
    plan = DemoPlan.read(desk.installation.site.plan_file)
    assert plan is not None
    site = desk.installation.site
    with site.cluster.acquire() as lease, site.service(lease) as service:
        with service[Source.SOCIAL].connect() as social:
            profile = social.execute(_PROFILE, {"person": person}).scalar_one()
        names = {"person": person, "profile": profile, "content": content}
        how = {"zone": plan.timezone, "hour": hour, "messages": messages}
        with service[Source.MESSAGING].begin() as messaging:
            written = messaging.execute(_WRITE, names | how).rowcount
    assert written == messages
