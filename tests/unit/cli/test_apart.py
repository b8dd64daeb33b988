"""The analytics database is none of the sources, however its address is spelt."""

from __future__ import annotations

import pytest

from aura_cli.installation import require_apart
from aura_engine.errors import SettingsError
from aura_engine.setting_types import parse_url
from aura_engine.settings import DatabaseUrls

ANALYTICS = "postgresql://miner:correct-horse@db.example:5432/aura_data_miner"
OTHERS = ("postgresql://r@db.example/aura_auth", "postgresql://r@db.example/aura_messaging")


def urls(analytics: str, social: str) -> DatabaseUrls:
    auth, messaging = OTHERS
    return DatabaseUrls(*map(parse_url, (analytics, auth, social, messaging)))


@pytest.mark.parametrize(
    ("analytics", "social"),
    [
        (ANALYTICS, ANALYTICS),
        (ANALYTICS, "postgres://reader@DB.example/aura_data_miner"),
        ("postgresql://a@localhost:5433/one", "postgresql://b@127.0.0.1:5433/one"),
        ("postgresql://a@/one?host=/run/pg", "postgresql://b@/one?host=/run/pg&port=5432"),
    ],
)
def test_a_source_s_address_is_refused_under_both_names(analytics: str, social: str) -> None:
    with pytest.raises(SettingsError) as refused:
        require_apart(urls(analytics, social))
    assert "DATABASE_URL_ANALYTICS" in str(refused.value)
    assert "DATABASE_URL_SOCIAL" in str(refused.value)
    assert "correct-horse" not in str(refused.value)


@pytest.mark.parametrize(
    "social",
    [
        "postgresql://miner@db.example:5432/aura_social",
        "postgresql://miner@db.example:5433/aura_data_miner",
        "postgresql://miner@other.example:5432/aura_data_miner",
    ],
)
def test_another_database_server_or_port_is_another_place(social: str) -> None:
    assert require_apart(urls(ANALYTICS, social)) is None
