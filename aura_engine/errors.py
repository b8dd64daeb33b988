"""Errors of the engine: one tree, so that callers can catch by meaning.

::

    AuraError
    ├── SettingsError         a setting is missing or has a bad value
    ├── ClusterError          the embedded PostgreSQL cannot be started or joined
    ├── SourceError           a source database cannot be read
    ├── UnreadableResult      a query's values are beyond what the engine can hold
    ├── ModelError            a language model cannot be loaded or understood
    ├── ArtefactError         a stored model version cannot be read
    ├── StoreError            the analytics database cannot be read or written
    ├── LeadershipLost        another scheduler leads; this one may write no more
    ├── RunError              a run cannot go on; its message is for people
    │   ├── ConfirmationNeeded  a run would remove too many people
    │   ├── RunConflict         another run with other parameters waits or goes on
    │   └── RunCancelled        someone asked this run to stop
    ├── AccessDenied          the viewer may not read or do this
    ├── AccountError          an account cannot be added or changed so
    │   ├── AccountChanged      somebody else changed it meanwhile
    │   └── LastSupervisor      nobody would be left who looks after the accounts
    ├── IdentityRefused       a person's identity is not shown
    ├── CaseRefused           what was asked of a case cannot be done; nothing was changed
    │   └── CaseConflict      somebody else acted on the case meanwhile
    ├── NoticeError           a notice did not get through
    └── DemoError             demo data cannot be made or do not match

Every message is written for the person who reads it: what happened, and what to do.
Driver errors are wrapped at the boundary and stay reachable as ``__cause__``.
"""

from __future__ import annotations

from datetime import datetime


class AuraError(Exception):
    """Base of all errors that AURA monitor raises on purpose."""


class SettingsError(AuraError):
    """A setting is missing or has a bad value."""


class ClusterError(AuraError):
    """The embedded PostgreSQL cannot be started or joined."""


class SourceError(AuraError):
    """A source database cannot be read.

    Parameters
    ----------
    message : str
        What happened and what to do.
    source : str, optional
        Which one, where one alone is meant.
    """

    def __init__(self, message: str, source: str | None = None) -> None:
        super().__init__(message)
        self.source = source


class UnreadableResult(AuraError):
    """A query's values are beyond what the engine can hold; says the columns, never a value."""


class ModelError(AuraError):
    """A language model cannot be loaded or understood."""


class ArtefactError(AuraError):
    """A stored model version cannot be read."""


class StoreError(AuraError):
    """The analytics database cannot be read or written."""


class LeadershipLost(AuraError):
    """Another scheduler leads; this one may write no more."""


class RunError(AuraError):
    """A run cannot go on."""


class ConfirmationNeeded(RunError):
    """A run would remove more people than is allowed without a confirmation."""


class RunConflict(RunError):
    """Another run with other parameters waits or goes on."""


class RunCancelled(RunError):
    """Someone asked this run to stop."""


class AccessDenied(AuraError):
    """The viewer may not read or do this."""


class IdentityRefused(AuraError):
    """A person's identity is not shown; the message says why, and names nobody."""


class CaseRefused(AuraError):
    """What was asked of a case cannot be done; nothing was changed."""


class CaseConflict(CaseRefused):
    """Somebody else acted on the case meanwhile; nothing of theirs was overwritten.

    Parameters
    ----------
    message : str
        Who did what and when, in words.
    who : str
        Who acted, as people read it.
    did : str
        What they did, as people read it.
    at : datetime
        When.
    """

    def __init__(self, message: str, *, who: str, did: str, at: datetime) -> None:
        super().__init__(message)
        self.who = who
        self.did = did
        self.at = at


class AccountError(AuraError):
    """An account cannot be added or changed so."""


class AccountChanged(AccountError):
    """Somebody else changed the account since it was read."""


class LastSupervisor(AccountError):
    """Nobody would be left who looks after the accounts."""


class NoticeError(AuraError):
    """A notice did not get through; the message names no address and no secret."""


class DemoError(AuraError):
    """Demo data cannot be made, or do not match what was asked for."""
