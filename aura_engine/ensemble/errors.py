"""What the ensemble refuses, in scikit-learn's kinds of error as well as ours."""

from __future__ import annotations

from sklearn.exceptions import NotFittedError

from aura_engine.errors import AuraError


class MatrixError(AuraError, ValueError):
    """The matrix is not one of scaled KPIs."""


class ParameterError(AuraError, ValueError):
    """A parameter of the ensemble has an impossible value."""


class EnsembleNotFitted(AuraError, NotFittedError):  # type: ignore[misc]
    """The ensemble was asked before it was fitted or loaded."""
