"""Fingerprints of texts: the same text is scored once and never stored.

A plain hash of a short text can be guessed by hashing all short texts; HMAC under a secret of the
installation cannot.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from aura_engine.errors import SettingsError
from aura_engine.i18n import t
from aura_engine.setting_types import MIN_KEY_LENGTH

KEY_FILE: Final = "text.key"
KEY_BYTES: Final = 32


def text_hmac(key: bytes, text: str) -> bytes:
    """Return the 32 bytes of HMAC-SHA-256 of the text's UTF-8 under `key`.

    The text is taken as it was written, before any model's preparation, so that a fingerprint
    outlives a change of model. Lone surrogates, which UTF-8 cannot hold, are kept apart.
    """
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256)


def text_key(data_dir: Path, configured: str | SecretStr | None = None) -> bytes:
    """Return the installation's secret for `text_hmac`, creating it where there is none.

    Parameters
    ----------
    data_dir : Path
        Directory that holds ``text.key`` (created with it, mode 0600, if nothing is configured).
        Processes that start at once end up with the same key.
    configured : str or SecretStr or None
        ``AURA_TEXT_KEY``. The content of a ``text.key`` put here gives the same key.

    Returns
    -------
    bytes
        At least 32 bytes.

    Raises
    ------
    SettingsError
        If the key is shorter than 32 characters, or the file is damaged, not readable, or open to
        other accounts. A damaged file is never replaced: stored fingerprints depend on it.
    """
    if configured is not None:
        secret = configured.get_secret_value() if isinstance(configured, SecretStr) else configured
        secret = secret.strip()
        if len(secret) < MIN_KEY_LENGTH:
            raise SettingsError(t("nlp.key_short", length=MIN_KEY_LENGTH))
        return secret.encode("utf-8")
    path = data_dir / KEY_FILE
    try:
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as error:
        raise SettingsError(
            t("nlp.key_unreadable", path=path, reason=error.strerror or error)
        ) from error


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        # A link to a complete file appears whole or not at all, and only for the first comer.
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode & 0o777
        secret = file.read().strip()
    if mode & 0o077:
        raise SettingsError(t("nlp.key_open", path=path, mode=f"{mode:04o}"))
    if len(secret) < MIN_KEY_LENGTH:
        raise SettingsError(t("nlp.key_damaged", path=path))
    return secret
