"""Entry point of ``python -m scheduler``: as ``./aura scheduler``, without the launcher."""

from __future__ import annotations

import sys

from aura_cli.app import main

if __name__ == "__main__":
    sys.exit(main(["scheduler", *sys.argv[1:]]))
