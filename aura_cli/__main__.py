"""Entry point of ``python -m aura_cli``, which the launcher runs."""

from __future__ import annotations

import sys

from aura_cli.app import main

if __name__ == "__main__":
    sys.exit(main())
