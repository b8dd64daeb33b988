"""What the feature room refuses."""

from __future__ import annotations

from aura_engine.errors import AuraError


class FeatureError(AuraError, ValueError):
    """An input of the feature computation has the wrong form or an impossible value."""
