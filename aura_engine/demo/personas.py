"""Who lives in the demo: eight personas and their habits, all rates documented.

A rate is the mean of a persona in a plain week; every person deviates from it by a factor of
their own, and exam weeks, holidays, trips and bad days bend it further (`rhythm`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.texts import Tone


class Persona(StrEnum):
    """A way of being on the platform."""

    THRIVING = "thriving"
    ORDINARY = "ordinary"
    ISOLATED = "isolated"
    WITHDRAWING = "withdrawing"
    NIGHT_BOUND = "night_bound"
    IN_DISTRESS = "in_distress"
    NEWCOMER = "silent_newcomer"
    HYPER_SOCIAL = "hyper_social"


PERSONAS: Final = tuple(Persona)
AT_RISK: Final = frozenset({Persona.ISOLATED, Persona.WITHDRAWING, Persona.IN_DISTRESS})
"""The planted risk: whom the monitor is expected to find."""

HEALTHY: Final = frozenset({Persona.THRIVING, Persona.ORDINARY})
"""From whom later onsets are drawn, and where those who recover return to."""


@dataclass(frozen=True, kw_only=True)
class Habits:
    """Mean behaviour of a persona.

    Attributes
    ----------
    messages, posts, comments : float
        Written per day.
    night_share : float
        Share of what is written between 01:00 and 05:59 local time, 0 to 1.
    opens : float
        Probability that the application is opened on a day without writing.
    requests : float
        Friend requests sent per day.
    appeal : float
        Probability that somebody accepts a request of theirs, 0 to 1, times that one's `openness`.
    openness : float
        Readiness to accept requests, 0 to 1.
    popularity : float
        Weight when others look for somebody to send a request to.
    friends : float
        Requests already sent before the history begins.
    communities : float
        Memberships towards which a person tends.
    leaving : float
        Probability per membership and day that it is left.
    unfriending : float
        Probability per day that a friendship ends because of this side, or that a request which
        this person leaves unanswered is taken back.
    bio, complete_profile : float
        Probability that the profile has a bio, and that a complete profile was filled in.
    social_profile, messaging : float
        Probability of having an account there at all.
    tones : Mapping[Tone, float]
        Weights of the tones of daytime texts; sum to 1.
    """

    messages: float
    posts: float
    comments: float
    night_share: float
    opens: float
    requests: float
    appeal: float
    openness: float
    popularity: float
    friends: float
    communities: float
    leaving: float
    unfriending: float
    bio: float
    complete_profile: float
    social_profile: float
    messaging: float
    tones: Mapping[Tone, float]


def _tones(
    cheerful: float,
    everyday: float,
    affectionate: float,
    annoyed: float,
    lonely: float = 0.0,
    withdrawn: float = 0.0,
    distress: float = 0.0,
    newcomer: float = 0.0,
) -> Mapping[Tone, float]:
    return MappingProxyType(
        {
            Tone.CHEERFUL: cheerful,
            Tone.EVERYDAY: everyday,
            Tone.AFFECTIONATE: affectionate,
            Tone.ANNOYED: annoyed,
            Tone.LONELY: lonely,
            Tone.WITHDRAWN: withdrawn,
            Tone.DISTRESS: distress,
            Tone.NEWCOMER: newcomer,
        }
    )


HABITS: Final[Mapping[Persona, Habits]] = MappingProxyType(
    {
        Persona.THRIVING: Habits(
            messages=1.3, posts=0.17, comments=0.29, night_share=0.035, opens=0.75,
            requests=0.045, appeal=0.85, openness=0.9, popularity=1.5, friends=10.0,
            communities=4.6, leaving=0.001, unfriending=0.0002, bio=0.85, complete_profile=0.75,
            social_profile=0.985, messaging=0.97,
            tones=_tones(0.34, 0.38, 0.17, 0.08, 0.02, 0.005, 0.005),
        ),
        Persona.ORDINARY: Habits(
            messages=0.8, posts=0.09, comments=0.15, night_share=0.05, opens=0.6,
            requests=0.035, appeal=0.75, openness=0.8, popularity=1.0, friends=7.0,
            communities=2.9, leaving=0.002, unfriending=0.0004, bio=0.7, complete_profile=0.6,
            social_profile=0.975, messaging=0.95,
            tones=_tones(0.23, 0.45, 0.12, 0.14, 0.035, 0.015, 0.01),
        ),
        Persona.ISOLATED: Habits(
            messages=0.45, posts=0.09, comments=0.07, night_share=0.09, opens=0.65,
            requests=0.4, appeal=0.05, openness=0.8, popularity=0.03, friends=16.0,
            communities=0.5, leaving=0.03, unfriending=0.09, bio=0.4, complete_profile=0.25,
            social_profile=1.0, messaging=0.97,
            tones=_tones(0.07, 0.33, 0.04, 0.13, 0.3, 0.1, 0.03),
        ),
        Persona.WITHDRAWING: Habits(
            messages=0.007, posts=0.001, comments=0.002, night_share=0.12, opens=0.008,
            requests=0.0, appeal=0.5, openness=0.05, popularity=0.3, friends=6.0,
            communities=0.5, leaving=0.04, unfriending=0.004, bio=0.35, complete_profile=0.35,
            social_profile=1.0, messaging=1.0,
            tones=_tones(0.02, 0.28, 0.02, 0.13, 0.2, 0.3, 0.05),
        ),
        Persona.NIGHT_BOUND: Habits(
            messages=1.1, posts=0.1, comments=0.18, night_share=0.5, opens=0.7,
            requests=0.03, appeal=0.65, openness=0.7, popularity=0.7, friends=6.0,
            communities=2.3, leaving=0.004, unfriending=0.001, bio=0.6, complete_profile=0.5,
            social_profile=0.98, messaging=1.0,
            tones=_tones(0.16, 0.42, 0.08, 0.2, 0.08, 0.04, 0.02),
        ),
        Persona.IN_DISTRESS: Habits(
            messages=1.3, posts=0.24, comments=0.1, night_share=0.32, opens=0.6,
            requests=0.01, appeal=0.5, openness=0.4, popularity=0.4, friends=6.0,
            communities=1.0, leaving=0.035, unfriending=0.006, bio=0.4, complete_profile=0.4,
            social_profile=1.0, messaging=1.0,
            tones=_tones(0.02, 0.13, 0.02, 0.15, 0.19, 0.14, 0.35),
        ),
        Persona.NEWCOMER: Habits(
            messages=0.01, posts=0.002, comments=0.002, night_share=0.05, opens=0.06,
            requests=0.01, appeal=0.4, openness=0.4, popularity=0.1, friends=0.3,
            communities=0.3, leaving=0.0, unfriending=0.0, bio=0.15, complete_profile=0.05,
            social_profile=0.6, messaging=0.5,
            tones=_tones(0.1, 0.3, 0.03, 0.05, 0.05, newcomer=0.47),
        ),
        Persona.HYPER_SOCIAL: Habits(
            messages=4.2, posts=0.6, comments=1.2, night_share=0.06, opens=0.95,
            requests=0.12, appeal=0.9, openness=0.98, popularity=6.0, friends=30.0,
            communities=12.0, leaving=0.001, unfriending=0.0001, bio=0.97, complete_profile=0.9,
            social_profile=1.0, messaging=1.0,
            tones=_tones(0.4, 0.3, 0.2, 0.07, 0.02, 0.005, 0.005),
        ),
    }
)  # fmt: skip

SHARES: Final[Mapping[Persona, float]] = MappingProxyType(
    {
        Persona.THRIVING: 0.34,
        Persona.ORDINARY: 0.50,
        Persona.ISOLATED: 0.03,
        Persona.WITHDRAWING: 0.032,
        Persona.NIGHT_BOUND: 0.03,
        Persona.IN_DISTRESS: 0.028,
        Persona.NEWCOMER: 0.02,
        Persona.HYPER_SOCIAL: 0.02,
    }
)
"""Share of the population by persona: 9 % planted risk."""

TURNING: Final[Mapping[Persona, float]] = MappingProxyType(
    {
        Persona.WITHDRAWING: 1.0,
        Persona.IN_DISTRESS: 1.0,
        Persona.ISOLATED: 1 / 3,
        Persona.NIGHT_BOUND: 1 / 3,
    }
)
"""Share of a persona that was thriving or ordinary until an onset day; the others always were."""


def head_counts(users: int) -> dict[Persona, int]:
    """Share `users` out among the personas (largest remainder; the sum is exact)."""
    quotas = {persona: share * users for persona, share in SHARES.items()}
    counts = {persona: int(quota) for persona, quota in quotas.items()}
    by_remainder = sorted(PERSONAS, key=lambda persona: counts[persona] - quotas[persona])
    for persona in by_remainder[: users - sum(counts.values())]:
        counts[persona] += 1
    return counts


def habit(name: str) -> npt.NDArray[np.float64]:
    """Return one habit of all personas, in the order of `PERSONAS`."""
    return np.array([getattr(HABITS[persona], name) for persona in PERSONAS], dtype=np.float64)


def tone_weights() -> npt.NDArray[np.float64]:
    """Return the tone weights, shape (personas, tones), in the order of `PERSONAS` and `Tone`."""
    return np.array([[HABITS[p].tones.get(tone, 0.0) for tone in Tone] for p in PERSONAS])
