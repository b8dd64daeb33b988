"""``./aura score``: rows in order, errors that quote nobody, and memory that does not grow."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from aura_cli.language import lazy_scorer
from aura_cli.score import HEADER, PAGE
from aura_cli.score import score as score_verb
from aura_engine.nlp import REDUCED_MODEL, load_scorer
from aura_engine.settings import Settings
from tests.installation import Installation
from tests.patience import PATIENCE

SECRET = "nadie debe leer esto"
TEXTS = [
    "me siento fatal, nadie me quiere",
    "",
    "¡qué día tan bonito, los quiero mucho!",
    "   ",
    "12345 😢",
    'dice "hola", y se va',
    "¿a qué hora es la clase?",
]
PEAK = """
import re, sys
from aura_cli.app import main
from tests.patience import PATIENCE
status = main(sys.argv[1:])
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
sys.stderr.write(f"peak {peak[1]}\\n")
sys.exit(status)
"""
Score = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def score(tmp_path: Path) -> Score:
    """Run the verb as a process, with the file's name, bytes for its input, and variables."""

    def run(file: str | Path, given: bytes = b"", **variables: str) -> object:
        done = subprocess.run(
            [sys.executable, "-m", "aura_cli", "score", str(file)],
            cwd=tmp_path,
            env=Installation(tmp_path / "data").environment(**variables),
            input=given,
            capture_output=True,
            check=False,
        )
        output, errors = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, output, errors)

    return run


def rows(output: str) -> list[list[str]]:
    header, *lines = output.splitlines()
    assert header == HEADER
    return [line.split(",") for line in lines]


def test_each_line_has_its_row_in_order_and_blank_ones_are_empty(score: Score, tmp_path) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes("\n".join(TEXTS).encode())
    done = score(file)
    assert done.returncode == 0
    found = rows(done.stdout)
    assert [number for _, number in found] == [str(n) for n in range(1, len(TEXTS) + 1)]
    expected = load_scorer(REDUCED_MODEL).score(TEXTS)
    for (p, _), value, text in zip(found, expected, TEXTS, strict=True):
        if any(map(str.isalpha, text)):
            assert len(p) == len("0.123456")
            assert float(p) == pytest.approx(float(value), abs=1e-5)
        else:
            assert p == ""


def test_standard_input_reads_the_same_with_other_line_ends_and_a_mark(score: Score) -> None:
    plain = score("-", "\n".join(TEXTS).encode() + b"\n")
    windows = score("-", b"\xef\xbb\xbf" + "\r\n".join(TEXTS).encode() + b"\r\n")
    assert plain.returncode == windows.returncode == 0
    assert rows(plain.stdout) == rows(windows.stdout)
    assert len(rows(plain.stdout)) == len(TEXTS)


def test_the_model_and_what_runs_it_are_said_in_one_line_and_no_text_is(score: Score) -> None:
    done = score("-", SECRET.encode(), AURA_NLP_BACKEND="onnx")
    assert len(rows(done.stdout)) == 1
    (line,) = done.stderr.splitlines()
    assert REDUCED_MODEL in line
    assert "onnx-cpu-float32" in line
    assert SECRET not in score("-", SECRET.encode(), AURA_LOG_LEVEL="debug").stderr


def test_nothing_to_read_is_a_header(score: Score) -> None:
    done = score("-")
    assert (done.returncode, done.stdout) == (0, f"{HEADER}\n")


def test_what_cannot_be_read_is_said_before_a_model_is_loaded(score: Score, tmp_path) -> None:
    for file, word in ((tmp_path / "none.txt", "No existe"), (tmp_path, "es un directorio")):
        done = score(file)
        assert (done.returncode, done.stdout) == (1, "")
        (line,) = done.stderr.splitlines()
        assert line.startswith("Error: ")
        assert word in line
        assert str(file) in line


def test_a_model_that_is_not_there_leaves_no_header(score: Score, tmp_path) -> None:
    done = score("-", b"hola", NLP_MODEL_NAME=str(tmp_path / "no-model"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "NLP_MODEL_NAME" in done.stderr


@pytest.mark.parametrize("configured", [True, False])
def test_it_reads_with_the_model_that_runs_would_read_with(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    configured: bool,
) -> None:
    urls = {"DATABASE_URL_ANALYTICS": "postgresql://u@h/d"} if configured else {}
    settings = Settings.load({"AURA_DATA_DIR": str(tmp_path), **urls})
    asked: list[tuple[str | None, Path]] = []

    def load(name: str | None, **options: Any) -> SimpleNamespace:
        asked.append((name, options["exports"]))
        return SimpleNamespace(
            name="any",
            revision="1",
            backend="any",
            score=lambda texts: np.full(len(texts), 0.25),
        )

    monkeypatch.setattr("aura_engine.nlp.load_scorer", load)
    monkeypatch.setattr("aura_cli.context.start", lambda **_: settings)
    file = tmp_path / "texts.txt"
    file.write_text("hola\n")
    score_verb(str(file))
    assert capsys.readouterr().out.splitlines()[1:] == ["0.250000,1"]
    assert lazy_scorer(settings).name == "any"
    # Only an installation of its own databases looks for a better model than the shipped one.
    assert asked == [(None if configured else REDUCED_MODEL, settings.exports_dir)] * 2


def test_a_line_of_another_encoding_is_named_by_its_number(score: Score) -> None:
    lines = [b"hola\n"] * PAGE + [b"\n", f"{SECRET} mañana\n".encode("latin-1")]
    done = score("-", b"".join(lines), DEBUG="1")
    assert done.returncode == 1
    assert len(rows(done.stdout)) == PAGE
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ")
    assert f"línea {PAGE + 2} " in last
    assert SECRET not in done.stderr


def test_a_reader_who_has_enough_ends_it_quietly(tmp_path: Path) -> None:
    file = tmp_path / "texts.txt"
    file.write_bytes(b"hola a todos\n" * 3 * PAGE)
    process = Installation(tmp_path / "data").start("score", str(file))
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == f"{HEADER}\n"
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=PATIENCE) == 0
    assert len(said.splitlines()) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of a process in /proc")
def test_ten_times_the_lines_take_no_more_memory(tmp_path: Path) -> None:
    padding = " " * 4_000  # so that 20,000 lines held at once would be 80 MB

    def peak_mb(lines: int) -> float:
        file = tmp_path / f"{lines}.txt"
        with file.open("w", encoding="utf-8") as written:
            written.writelines(f"hoy comí {n % 12} tacos{padding}\n" for n in range(lines))
        done = subprocess.run(
            [sys.executable, "-c", PEAK, "score", str(file)],
            env=Installation(tmp_path / "data").environment(),
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.count("\n") == lines + 1
        return int(done.stderr.splitlines()[-1].split()[1]) / 1024

    assert peak_mb(20_000) - peak_mb(2_000) < 40
