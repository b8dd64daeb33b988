"""Write the fingerprints of all lines of training: ``python -m training.trained_lines --xed DIR``.

The demo's population must not say what the language model has learnt by heart. Lines that were
held out are among them: figures were measured on those.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from aura_engine.demo.texts import trained
from training.corpora import read_own, read_xed

OUT: Final = Path(trained.__file__).with_name(trained.FILE)


def main() -> None:
    """Read the corpora, write the file, and say how many lines it stands for."""
    parser = argparse.ArgumentParser(prog="python -m training.trained_lines", description=__doc__)
    parser.add_argument("--xed", type=Path, required=True, help="directory with the XED files")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    corpora = (*read_xed(arguments.xed), read_own())
    found = {trained.fingerprint(text) for corpus in corpora for text in corpus.texts} - {b""}
    arguments.out.write_bytes(b"".join(sorted(found)))
    sys.stdout.write(f"{len(found)} lines, {trained.BYTES * len(found)} bytes\n")


if __name__ == "__main__":
    main()
