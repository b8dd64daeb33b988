"""Settings of what is read of the population, and with which language model."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from aura_engine.setting_types import NlpBackend, TextKey, ZoneName
from aura_engine.settings.variables import shown_default


class ReadingSettings(BaseModel):
    """What a run looks at."""

    timezone: ZoneName = Field(
        default="America/Mexico_City",
        alias="AURA_TIMEZONE",
        description="Time zone of the population; decides which hours are night.",
    )
    window_days: int = Field(
        default=90,
        alias="AURA_WINDOW_DAYS",
        description="Days of messages and texts that the night ratio and negativity look back.",
        ge=1,
        le=3650,
    )
    refit_days: int = Field(
        default=30,
        alias="AURA_REFIT_DAYS",
        description="Age in days at which a full run fits a new model version.",
        ge=1,
        le=3650,
    )
    nlp_model_name: str | None = Field(
        default=None,
        alias="NLP_MODEL_NAME",
        description="Directory or hub name of the Spanish sentiment model.",
        json_schema_extra=shown_default("the best model at hand"),
    )
    nlp_revision: str | None = Field(
        default=None,
        alias="AURA_NLP_REVISION",
        description="Revision of the model on the hub.",
    )
    nlp_negative_label: str | None = Field(
        default=None,
        alias="AURA_NLP_NEGATIVE_LABEL",
        description="The negative class of a model whose classes are only called `LABEL_n`.",
    )
    nlp_backend: NlpBackend = Field(
        default="auto",
        alias="AURA_NLP_BACKEND",
        description="What runs the language model: torch (CUDA or MPS where there is one), onnx "
        "(8 bits, CPU), or auto: the faster in a short probe.",
    )
    text_key: TextKey | None = Field(
        default=None,
        alias="AURA_TEXT_KEY",
        description="Secret under which texts are fingerprinted, 32 characters or more.",
        json_schema_extra=shown_default("created in the data directory"),
    )

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the population."""
        return ZoneInfo(self.timezone)
