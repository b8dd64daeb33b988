"""Communities of the twelve categories: who founds, joins and leaves them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from aura_engine.demo.cast import FIRST_DAY, Cast, Times
from aura_engine.demo.journal import Journal, stamps
from aura_engine.demo.localdays import DAY_MS, HOUR_MS
from aura_engine.demo.rhythm import counts
from aura_engine.demo.streams import Ids, Stream, generator, pick_by_weight, uuids
from aura_engine.demo.today import Today

CATEGORIES: Final = (
    "Deportes", "Arte", "Musica", "Lectura", "Tecnologia", "Naturaleza",
    "Voluntariado", "Gaming", "Fotografia", "Cocina", "Baile", "Meditacion",
)  # fmt: skip
COMMUNITIES: Final = 40
_NAMES: Final = {
    "Deportes": ("Cascarita", "Basket en la prepa", "Corredores de mañana", "Vóley playero"),
    "Arte": ("Cuadernos de dibujo", "Murales", "Barro y pincel"),
    "Musica": ("Guitarras sin fin", "Rolas nuevas", "Coro de la tarde", "Beats caseros"),
    "Lectura": ("Un libro al mes", "Poesía en voz baja", "Sagas y fantasía"),
    "Tecnologia": ("Primeros programas", "Robots de cartón", "Apps entre amigos"),
    "Naturaleza": ("Senderos", "Huerto en la azotea", "Aves del rumbo"),
    "Voluntariado": ("Manos a la obra", "Perritos en adopción", "Tutorías entre pares"),
    "Gaming": ("Retas nocturnas", "Bloques y mundos", "Torneo del viernes", "Juegos de mesa"),
    "Fotografia": ("Cielos", "Retratos con el cel", "Calles"),
    "Cocina": ("Postres fáciles", "Salsas y antojos", "Pan de la abuela"),
    "Baile": ("Cumbia y salsa", "Coreos", "Folclor joven", "Breaking"),
    "Meditacion": ("Respirar", "Cinco minutos de calma", "Yoga suave"),
}  # fmt: skip
_INACTIVE: Final = 2
_JOINING: Final = 0.025
"""Probability per day and missing membership that a person joins one more community."""

_ROLES: Final = np.array(["member", "moderator", "admin"], dtype=object)
_ROLE_SHARES: Final = (0.96, 0.03, 0.01)
_People = npt.NDArray[np.int64]


class Communities:
    """All memberships; whoever leaves a community does not come back to it.

    Parameters
    ----------
    seed : int
        Of the population.
    cast : Cast
        Who there is.
    """

    def __init__(self, seed: int, cast: Cast) -> None:
        rng = generator(seed, Stream.COMMUNITIES, FIRST_DAY - 2)
        self._seed, self._cast = seed, cast
        self._ids = uuids(rng, COMMUNITIES)
        self._appeal = rng.gamma(2.0, 0.5, COMMUNITIES) + 0.15
        self._active = rng.permutation(COMMUNITIES) >= _INACTIVE
        self._founded = np.zeros(COMMUNITIES, dtype=np.int64)
        self._taste = np.clip(rng.gamma(5.0, 0.2, len(cast)), 0.2, 2.2)
        self._ever = np.zeros((len(cast), COMMUNITIES), dtype=bool)
        none = np.zeros(0, dtype=np.int64)
        self._member: _People = none
        self._membership: Ids = none.astype(object)

    def begin(self, today: Today, journal: Journal) -> None:
        """Found the communities and let people join before the history."""
        rng = generator(self._seed, Stream.COMMUNITIES, FIRST_DAY - 1)
        able = self._cast.uses_social & (self._cast.first_day == FIRST_DAY)
        likely = np.flatnonzero(able & (today.habit("communities") >= 2.0))
        oldest = likely[np.argsort(self._cast.created[likely], kind="stable")]
        circle = oldest[: max(COMMUNITIES, len(oldest) // 4)]
        founders = circle[rng.integers(0, len(circle), COMMUNITIES)]
        founded = self._cast.profile_created[founders] + DAY_MS
        self._founded = np.minimum(founded, today.local.start - 1)
        order = np.arange(COMMUNITIES)
        self._ever[founders, order] = True
        self._note_members(rng, founders, order, self._founded, "creator", journal)

        joined = rng.poisson(np.where(able, today.habit("communities") * self._taste, 0.0))
        who, which = self._choose(rng, np.repeat(np.arange(len(able)), joined))
        since = np.maximum(self._cast.profile_created[who], self._founded[which])
        at = since + ((today.local.start - since) * rng.random(len(who))).astype(np.int64)
        self._note_members(rng, who, which, at, None, journal)
        self._note_communities(founders, np.bincount(which, minlength=COMMUNITIES) + 1, journal)

    def live(self, today: Today, journal: Journal) -> None:
        """Let people leave and join on one day."""
        rng = generator(self._seed, Stream.COMMUNITIES, today.local.number)
        leaving = rng.random(len(self._member)) < today.habit("leaving")[self._member]
        gone = np.flatnonzero(leaving)
        at = today.local.start + rng.integers(8 * HOUR_MS, 22 * HOUR_MS, len(gone))
        journal.delete("social", "community_members", ("id",), at, {"id": self._membership[gone]})
        self._member, self._membership = self._member[~leaving], self._membership[~leaving]

        able = self._cast.uses_social & today.acting & (today.mood.volume > 0)
        have = np.bincount(self._member, minlength=len(able))
        missing = np.maximum(today.habit("communities") * self._taste - have, 0.0)
        who = np.repeat(np.arange(len(able)), counts(rng, np.where(able, _JOINING * missing, 0.0)))
        who, which = self._choose(rng, who)
        at, _ = today.moments(rng, who)
        self._note_members(rng, who, which, at, None, journal)

    def _choose(self, rng: np.random.Generator, who: _People) -> tuple[_People, _People]:
        """Draw a community for each; whoever has been there already joins none."""
        which = pick_by_weight(rng, self._appeal, len(who))
        _, first = np.unique(who * COMMUNITIES + which, return_index=True)
        first = first[~self._ever[who[first], which[first]]]
        who, which = who[first], which[first]
        self._ever[who, which] = True
        return who, which

    def _note_members(
        self,
        rng: np.random.Generator,
        who: _People,
        which: _People,
        at: Times,
        role: str | None,
        journal: Journal,
    ) -> None:
        ids = uuids(rng, len(who))
        drawn = rng.choice(_ROLES, len(who), p=_ROLE_SHARES)
        columns: dict[str, npt.NDArray[Any]] = {
            "id": ids,
            "community_id": self._ids[which],
            "user_id": self._cast.social_reference(rng, who),
            "role": drawn if role is None else np.full(len(who), role, dtype=object),
            "joined_at": stamps(at),
        }
        journal.insert("social", "community_members", at, columns)
        self._member = np.concatenate([self._member, who])
        self._membership = np.concatenate([self._membership, ids])

    def _note_communities(self, founders: _People, members: _People, journal: Journal) -> None:
        labels = [(name, category) for category in CATEGORIES for name in _NAMES[category]]
        names, categories = np.array(labels, dtype=object).T
        journal.insert(
            "social",
            "communities",
            self._founded,
            {
                "id": self._ids,
                "creator_id": self._cast.auth_id[founders],
                "name": names,
                "category": categories,
                "members_count": members,
                "is_active": self._active,
                "created_at": stamps(self._founded),
                "updated_at": stamps(self._founded),
            },
        )
