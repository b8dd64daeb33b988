"""The mark that says what a data root is for: demo and production never mix."""

from __future__ import annotations

import os
from typing import Final, Literal, get_args

from aura_engine.cluster.files import SCRATCH_PREFIXES, ClusterFiles, read_json, write_private
from aura_engine.errors import ClusterError
from aura_engine.i18n import t

Purpose = Literal["demo", "test", "bench", "evaluate"]
PURPOSES: Final[tuple[str, ...]] = get_args(Purpose)
_FORMAT: Final = 1


def check_purpose(files: ClusterFiles, purpose: Purpose) -> bool:
    """Tell whether the root is ours already.

    Returns
    -------
    bool
        True when it is marked for ``purpose``, False when it is still missing or empty.

    Raises
    ------
    ClusterError
        If it is marked for something else, or holds files of somebody else.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"unknown purpose {purpose!r}")
    try:
        mark = read_json(files.purpose)
    except (ValueError, NotADirectoryError) as error:
        raise ClusterError(t("cluster.not_ours", root=files.root)) from error
    if mark is not None:
        if mark.get("purpose") != purpose:
            raise ClusterError(
                t("cluster.wrong_purpose", root=files.root, found=mark.get("purpose"), due=purpose)
            )
        return True
    if not files.root.exists():
        return False
    if any(not _is_trace(files, path.name) for path in files.root.iterdir()):
        # Whoever marked it between our two looks made it ours, not foreign.
        if files.purpose.exists():
            return check_purpose(files, purpose)
        raise ClusterError(t("cluster.not_ours", root=files.root))
    return False


def is_throwaway(files: ClusterFiles) -> bool:
    """Tell whether the root holds only what a test run makes and removes."""
    return (read_json(files.purpose) or {}).get("purpose") == "test"


def _is_trace(files: ClusterFiles, name: str) -> bool:
    """Tell what an interrupted claim or removal leaves from the files of somebody else."""
    return name == files.start_lock.name or name.startswith(SCRATCH_PREFIXES)


def claim(files: ClusterFiles, purpose: Purpose) -> None:
    """Mark an empty root for ``purpose``; the caller holds ``start.lock``.

    Raises
    ------
    ClusterError
        As :func:`check_purpose` does.
    """
    if check_purpose(files, purpose):
        return
    # The server's account, which is not root, must be able to pass through.
    files.root.chmod(0o711 if os.geteuid() == 0 else 0o700)
    write_private(files.purpose, {"purpose": purpose, "format": _FORMAT})
