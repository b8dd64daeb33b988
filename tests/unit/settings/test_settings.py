"""What is read from the environment, and how bad values are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from aura_engine.errors import SettingsError
from aura_engine.logs import get_logger
from aura_engine.settings import (
    DATABASE_URL_NAMES,
    IDENTITY_URL_NAMES,
    Settings,
    documented_variables,
    refuse_production,
)

SECRET = "correct-horse-battery"
FOUR_URLS = {
    name: f"postgresql://reader:{SECRET}@db.example:5433/{name[13:].lower()}"
    for name in DATABASE_URL_NAMES
}
IDENTITY_URLS = {
    name: f"postgresql://aura_identity:{SECRET}@db.example/{name[13:].lower()}"
    for name in IDENTITY_URL_NAMES
}


def complaint(**variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(variables)
    return str(caught.value)


def test_without_any_variable_the_documented_defaults_hold():
    settings = Settings.load({})
    assert settings.service_port == 8001
    assert settings.ui_port == 8501
    assert settings.timezone == "America/Mexico_City"
    assert settings.window_days == 90
    assert settings.refit_days == 30
    assert settings.nlp_model_name is None
    assert not settings.embedded
    assert settings.variables_set() == frozenset()


def test_a_given_mapping_hides_the_process_environment(monkeypatch):
    monkeypatch.setenv("SERVICE_PORT", "9999")
    assert Settings.load({}).service_port == 8001


def test_the_process_environment_wins_over_the_env_file(monkeypatch, tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text("SERVICE_PORT=8101\nAURA_UI_PORT=8601\nOTHER_PROGRAM=1\n")
    monkeypatch.setitem(Settings.model_config, "env_file", env_file)
    monkeypatch.setenv("AURA_UI_PORT", "8701")
    monkeypatch.delenv("SERVICE_PORT", raising=False)
    settings = Settings.load()
    assert (settings.service_port, settings.ui_port) == (8101, 8701)
    assert {"SERVICE_PORT", "AURA_UI_PORT"} <= settings.variables_set()


def test_an_env_file_that_is_no_text_is_an_error_that_names_it(monkeypatch, tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_bytes(b"SERVICE_NAME=\xff\xfe\n")
    monkeypatch.setitem(Settings.model_config, "env_file", env_file)
    with pytest.raises(SettingsError, match=r"\.env"):
        Settings.load()


def test_a_blank_value_counts_as_not_given(monkeypatch):
    assert Settings.load({"DATABASE_URL_AUTH": ""}).configured_url_names() == ()
    monkeypatch.setenv("SERVICE_PORT", "")
    assert Settings.load().service_port == 8001


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        Settings.load({}).service_port = 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SERVICE_PORT", "http"),
        ("SERVICE_PORT", "70000"),
        ("AURA_UI_PORT", "0"),
        ("AURA_METRICS_PORT", "80.5"),
        ("DEBUG", "perhaps"),
        ("AURA_EMBEDDED", "2"),
        ("AURA_TIMEZONE", "Mars/Olympus"),
        ("AURA_TIMEZONE", "../etc/passwd"),
        ("AURA_WINDOW_DAYS", "0"),
        ("AURA_REFIT_DAYS", "soon"),
        ("AURA_LOG_LEVEL", "loud"),
        ("AURA_LOG_FORMAT", "xml"),
        ("AURA_DATA_DIR", "relative/path"),
        ("PG_BIN_DIR", "bin"),
        ("AURA_TEXT_KEY", "too-short"),
        ("SERVICE_NAME", "n" * 65),
        ("DATABASE_URL_AUTH", "no address"),
        ("DATABASE_URL_AUTH", "mysql://reader@db.example/auth"),
        ("DATABASE_URL_AUTH", "postgresql://reader@/auth"),
        ("DATABASE_URL_AUTH", "postgresql://reader@db.example"),
        ("DATABASE_URL_AUTH", "postgresql://reader@db.example:port/auth"),
    ],
)
def test_a_bad_value_fails_at_start_with_the_variables_name_and_not_its_value(variable, value):
    message = complaint(**{variable: value})
    assert variable in message
    assert value not in message.replace(variable, "")


def test_all_bad_values_are_named_at_once():
    message = complaint(SERVICE_PORT="x", DEBUG="quizás", AURA_TIMEZONE="z")
    assert all(name in message for name in ("SERVICE_PORT", "DEBUG", "AURA_TIMEZONE"))
    assert len(message.splitlines()) == 3


def test_every_reason_is_said_in_spanish():
    message = complaint(
        SERVICE_PORT="x",
        DEBUG="quizás",
        AURA_WINDOW_DAYS="0",
        AURA_REFIT_DAYS="9999",
        AURA_LOG_LEVEL="z",
        SERVICE_NAME="n" * 65,
    )
    assert "debe ser un número entero" in message
    assert "debe ser 0 o 1" in message
    assert "como mínimo 1" in message
    assert "como máximo 3650" in message
    assert "'error' o 'critical'" in message
    assert "64 caracteres" in message
    assert "Input" not in message
    assert "should" not in message


def test_two_processes_cannot_share_a_port():
    assert "AURA_UI_PORT" in complaint(SERVICE_PORT="9000", AURA_UI_PORT="9000")


def test_no_url_and_no_embedded_names_both_ways():
    with pytest.raises(SettingsError) as caught:
        Settings.load({}).database_urls()
    message = str(caught.value)
    assert "AURA_EMBEDDED=1" in message
    assert all(name in message for name in DATABASE_URL_NAMES)


def test_no_url_with_embedded_means_the_embedded_cluster():
    assert Settings.load({"AURA_EMBEDDED": "1"}).database_urls() is None


@pytest.mark.parametrize("embedded", ["0", "1"])
@pytest.mark.parametrize("missing", DATABASE_URL_NAMES)
def test_some_urls_is_an_error_that_names_the_missing(missing, embedded):
    given = {name: url for name, url in FOUR_URLS.items() if name != missing}
    with pytest.raises(SettingsError, match=f"Faltan[^:]*: {missing}\\."):
        Settings.load(given | {"AURA_EMBEDDED": embedded}).database_urls()


def test_both_addresses_of_names_or_none():
    assert Settings.load(FOUR_URLS).identity_urls() is None
    for name in IDENTITY_URL_NAMES:
        assert Settings.load({name: IDENTITY_URLS[name]}).identity_urls() is None
    urls = Settings.load(FOUR_URLS | IDENTITY_URLS).identity_urls()
    assert urls is not None
    assert (urls.auth.database, urls.social.database) == ("auth_identity", "social_identity")
    assert {urls.auth.drivername, urls.social.drivername} == {"postgresql+psycopg2"}
    assert SECRET not in repr(urls)


def test_addresses_of_names_alone_are_no_installation_and_no_demo():
    settings = Settings.load(IDENTITY_URLS | {"AURA_EMBEDDED": "1"})
    with pytest.raises(SettingsError, match=f"Faltan[^:]*: {', '.join(DATABASE_URL_NAMES)}"):
        settings.database_urls()
    with pytest.raises(SettingsError, match="DATABASE_URL_AUTH_IDENTITY"):
        refuse_production(settings, "demo")


@pytest.mark.parametrize(
    "scheme", ["postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2"]
)
def test_every_postgresql_scheme_becomes_the_installed_driver(scheme):
    urls = Settings.load(
        {name: url.replace("postgresql", scheme, 1) for name, url in FOUR_URLS.items()}
    ).database_urls()
    assert urls is not None
    for url in (urls.analytics, urls.auth, urls.social, urls.messaging):
        assert url.drivername == "postgresql+psycopg2"
        assert url.password == SECRET
    assert (urls.messaging.host, urls.messaging.port) == ("db.example", 5433)
    assert urls.messaging.database == "messaging"


def test_a_socket_directory_serves_as_a_host():
    url = "postgresql://reader@/auth?host=/var/run/postgresql"
    assert Settings.load({"DATABASE_URL_AUTH": url}).configured_url_names() == (
        "DATABASE_URL_AUTH",
    )


def test_passwords_and_keys_appear_in_no_repr_or_error():
    settings = Settings.load(FOUR_URLS | {"AURA_TEXT_KEY": SECRET * 2})
    urls = settings.database_urls()
    shown = [repr(settings), str(settings), repr(urls), str(urls), settings.model_dump_json()]
    shown.append(complaint(DATABASE_URL_AUTH=f"postgresql://u:{SECRET}@h:bad/x", SERVICE_PORT="x"))
    shown.append(complaint(DATABASE_URL_AUTH=f"{SECRET}"))
    assert not [text for text in shown if SECRET in text]


@pytest.mark.parametrize(
    "option",
    ["password", "PassWord", "sslpassword", "oauth_client_secret", "scram_client_key", "dsn"],
)
@pytest.mark.parametrize("variable", [*DATABASE_URL_NAMES, *IDENTITY_URL_NAMES])
def test_a_secret_in_a_urls_query_is_refused_by_name(variable, option):
    message = complaint(**{variable: f"postgresql://u@h/x?sslmode=require&{option}={SECRET}"})
    assert variable in message
    assert "delante de la @" in message
    assert SECRET not in message


def test_a_password_with_a_bare_at_sign_is_refused_since_half_of_it_would_show():
    for password in (f"x@{SECRET}", f"x@y/{SECRET}", f"x?y@{SECRET}"):
        message = complaint(DATABASE_URL_AUTH=f"postgresql://u:{password}@h/d")
        assert "%40" in message
        assert SECRET not in message


def test_a_password_file_and_coded_signs_are_fine():
    query = "passfile=/run/pass&sslkey=/run/key"
    given = dict.fromkeys(FOUR_URLS, f"postgresql://u:p%40ss%3F@h/d?{query}")
    urls = Settings.load(given).database_urls()
    assert urls is not None
    assert urls.auth.password == "p@ss?"
    assert "ss%3F" not in repr(urls)
    assert "passfile" in repr(urls)


def test_passwords_appear_in_no_dump_and_no_log(capsys):
    settings = Settings.load(FOUR_URLS | {"AURA_TEXT_KEY": SECRET * 2})
    get_logger("room").info("a", settings=settings, urls=settings.database_urls())
    get_logger("room").info("b", dump=settings.model_dump(), urls=[settings.database_urls()])
    with pytest.raises(SettingsError) as caught:
        Settings.load({"DATABASE_URL_AUTH": f"postgresql://u@h/x?password={SECRET}"})
    get_logger("room").error("c", exc_info=caught.value)
    shown = [capsys.readouterr().err, repr(settings.model_dump()), str(settings.model_dump())]
    assert "DATABASE_URL_AUTH" in shown[0]
    assert not [text for text in shown if SECRET in text]


def test_verbs_with_data_of_their_own_refuse_production_by_name():
    settings = Settings.load({"DATABASE_URL_SOCIAL": FOUR_URLS["DATABASE_URL_SOCIAL"]})
    with pytest.raises(SettingsError) as caught:
        refuse_production(settings, "demo")
    assert "DATABASE_URL_SOCIAL" in str(caught.value)
    assert "demo" in str(caught.value)
    assert SECRET not in str(caught.value)
    refuse_production(Settings.load({}), "demo")


def test_roots_data_lie_where_the_server_account_can_go(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Settings.load({}).data_dir == Path("/var/lib/aura")


def test_a_persons_data_lie_below_their_data_home(monkeypatch, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Settings.load({}).data_dir == tmp_path / "aura"
    monkeypatch.setenv("XDG_DATA_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load({}).data_dir == tmp_path / ".local" / "share" / "aura"


def test_a_tilde_in_the_data_directory_is_the_persons_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Settings.load({"AURA_DATA_DIR": "~/aura"}).data_dir == tmp_path / "aura"


def test_the_zone_of_the_settings_is_usable():
    assert Settings.load({"AURA_TIMEZONE": "America/Tijuana"}).zone.key == "America/Tijuana"


def test_every_variable_is_documented():
    for variable in documented_variables().values():
        assert variable.meaning.endswith((".", ")."))
        assert variable.name == variable.name.upper()


def test_every_variable_that_holds_a_password_is_known_as_secret():
    secret = {name for name, variable in documented_variables().items() if variable.secret}
    alerts = {"AURA_ALERT_WEBHOOK", "AURA_ALERT_SECRET", "AURA_ALERT_SMTP_PASSWORD"}
    addresses = {*DATABASE_URL_NAMES, *IDENTITY_URL_NAMES}
    assert secret == {*addresses, "AURA_TEXT_KEY", "AURA_JWT_SECRET", *alerts}
