"""Settings of cases: when and how much counselors work, and how urgent cases reach them."""

from __future__ import annotations

from typing import Self

from pydantic import Field, SecretStr, model_validator

from aura_engine.i18n import t
from aura_engine.setting_types import MailSecurity, Port, TextKey
from aura_engine.settings.addresses import (
    LOOPBACK_NAMES,
    MailAddress,
    MailAddresses,
    PublicUrl,
    WebhookUrl,
)
from aura_engine.settings.capacity import Capacity, DailyCapacity
from aura_engine.settings.reading import ReadingSettings
from aura_engine.settings.variables import shown_default
from aura_engine.settings.working_time import Holidays, Shifts, Weekdays
from aura_engine.working_hours import WorkingHours


class CaseSettings(ReadingSettings):
    """Deadlines and notices of cases."""

    working_days: Weekdays = Field(
        default=frozenset(range(5)),
        alias="AURA_WORKING_DAYS",
        description="Days on which counselors work: `mon-fri`, `mon,tue,thu`.",
        json_schema_extra=shown_default("`mon-fri`"),
    )
    working_shifts: Shifts = Field(
        default=((8 * 60, 16 * 60),),
        alias="AURA_WORKING_HOURS",
        description="Hours in which deadlines of cases run, in `AURA_TIMEZONE`; several with "
        "commas (`08:00-13:00,14:00-17:00`).",
        json_schema_extra=shown_default("`08:00-16:00`"),
    )
    holidays: Holidays = Field(
        default=frozenset(),
        alias="AURA_HOLIDAYS",
        description="Days without work, on which no deadline runs: dates and ranges with commas "
        "(`2026-12-25,2026-12-28..2027-01-06`).",
        json_schema_extra=shown_default(""),
    )
    cases_per_day: Capacity = Field(
        default=DailyCapacity(8),
        alias="AURA_CASES_PER_DAY",
        description="People whom counselors can take up in a day; the page of today shows so many, "
        "less those taken up that day: a number is each counselor's (`8`), `team:24` is shared by "
        "all.",
        json_schema_extra=shown_default("`8`"),
    )
    public_url: PublicUrl | None = Field(
        default=None,
        alias="AURA_PUBLIC_URL",
        description="Address under which counselors open the pages (`https://aura.example`); "
        "notices link to it.",
    )
    alert_webhook: WebhookUrl | None = Field(
        default=None,
        alias="AURA_ALERT_WEBHOOK",
        description="Address that is told of urgent cases that nobody acknowledged, with pseudonym "
        "and link only; https, or http on this machine.",
    )
    alert_secret: TextKey | None = Field(
        default=None,
        alias="AURA_ALERT_SECRET",
        description="Secret that signs what the webhook is told (HMAC-SHA-256), 32 characters or "
        "more.",
        json_schema_extra=shown_default("not signed"),
    )
    alert_smtp_host: str | None = Field(
        default=None,
        alias="AURA_ALERT_SMTP_HOST",
        description="Mail server through which the same notices go out, beside the webhook or "
        "instead of it.",
        max_length=253,
    )
    alert_smtp_port: Port = Field(
        default=587, alias="AURA_ALERT_SMTP_PORT", description="Port of the mail server."
    )
    alert_smtp_security: MailSecurity = Field(
        default="starttls",
        alias="AURA_ALERT_SMTP_SECURITY",
        description="starttls, tls (from the first byte, usually port 465), or none, which only a "
        "mail server on this machine may have.",
    )
    alert_smtp_user: str | None = Field(
        default=None,
        alias="AURA_ALERT_SMTP_USER",
        description="Account on the mail server; without one nobody signs in.",
        max_length=320,
    )
    alert_smtp_password: SecretStr | None = Field(
        default=None,
        alias="AURA_ALERT_SMTP_PASSWORD",
        description="Password of that account.",
    )
    alert_from: MailAddress | None = Field(
        default=None, alias="AURA_ALERT_FROM", description="Sender of the mails."
    )
    alert_to: MailAddresses = Field(
        default=(),
        alias="AURA_ALERT_TO",
        description="Who gets the mails, separated by commas.",
        json_schema_extra=shown_default(""),
    )

    @model_validator(mode="after")
    def _notices_are_whole(self) -> Self:
        if self.notice_channels and self.public_url is None:
            raise ValueError(t("settings.alert_link_missing"))
        if self.alert_smtp_host is None:
            return self
        if self.alert_from is None or not self.alert_to:
            raise ValueError(t("settings.alert_mail_missing"))
        if (self.alert_smtp_user is None) != (self.alert_smtp_password is None):
            raise ValueError(t("settings.alert_account_half"))
        if self.alert_smtp_security == "none" and self.alert_smtp_host not in LOOPBACK_NAMES:
            raise ValueError(t("settings.alert_mail_open"))
        return self

    @property
    def notice_channels(self) -> tuple[str, ...]:
        """Ways in which counselors hear of an urgent case when they are away; none by default."""
        configured = {"webhook": self.alert_webhook, "smtp": self.alert_smtp_host}
        return tuple(name for name, value in configured.items() if value is not None)

    @property
    def working_hours(self) -> WorkingHours:
        """When counselors work."""
        return WorkingHours(self.zone, self.working_days, self.working_shifts, self.holidays)
