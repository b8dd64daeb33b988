"""Where the pages' process finds names: in the demo's own cluster, or where settings say."""

from __future__ import annotations

import shutil
from uuid import UUID

from sqlalchemy import text

from aura_cli.databases import open_names
from aura_engine.demo.site import DemoSite
from aura_engine.settings import DATABASE_URL_NAMES, IDENTITY_URL_NAMES, Settings

URL = "postgresql://u@db.example/x"


def test_the_demo_makes_the_role_itself(reachable_path) -> None:
    data_dir = reachable_path / "data"
    data_dir.mkdir(mode=0o711)
    settings = Settings.load({"AURA_DATA_DIR": str(data_dir), "AURA_EMBEDDED": "1"})
    site = DemoSite.at(settings.data_dir, settings.cluster_dir)
    try:
        with site.cluster.acquire() as lease:
            with open_names(settings) as none_yet:
                assert none_yet is None
            site.provision(lease)
            with open_names(settings) as names:
                assert names is not None
                assert names.user_name(UUID(int=1)) is None
                assert names.display_name(UUID(int=1)) is None
                with names.auth.connect() as connection:
                    assert connection.scalar(text("SELECT current_user")) == "aura_identity"
    finally:
        site.reset()
        shutil.rmtree(data_dir)


def test_in_production_they_are_where_both_settings_say() -> None:
    four = dict.fromkeys(DATABASE_URL_NAMES, URL)
    with open_names(Settings.load(four)) as names:
        assert names is None
    with open_names(Settings.load(four | dict.fromkeys(IDENTITY_URL_NAMES, URL))) as names:
        assert names is not None
        assert names.auth.url.host == "db.example"
