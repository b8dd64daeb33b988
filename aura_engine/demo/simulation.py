"""A population living from day to day; each day follows from the one before."""

from __future__ import annotations

from aura_engine.demo.board import Board
from aura_engine.demo.cast import FIRST_DAY, make_cast
from aura_engine.demo.communities import Communities
from aura_engine.demo.friends import Friendships
from aura_engine.demo.journal import Batch, Journal
from aura_engine.demo.localdays import Calendar
from aura_engine.demo.messages import Messages
from aura_engine.demo.presence import Presence
from aura_engine.demo.profiles import empty_bios, write_accounts
from aura_engine.demo.rhythm import Rhythm
from aura_engine.demo.today import Today
from aura_engine.demo.turns import Turns
from aura_engine.demo.words import Words


class Simulation:
    """Lives day after day from a week before the epoch on, as far as it is asked.

    Parameters
    ----------
    seed, users : int
        Of the population.
    calendar : Calendar
        Of the days that they live through.
    words : Words
        What people write.

    Attributes
    ----------
    next_day : int
        The day that `live_one_day` will bring.
    """

    def __init__(self, seed: int, users: int, calendar: Calendar, words: Words) -> None:
        self.next_day = FIRST_DAY
        self.calendar = calendar
        self.turns = Turns(seed, users)
        planted = self.turns.on(FIRST_DAY)
        self.cast = make_cast(seed, users, self.calendar, planted)
        self._seed = seed
        self._rhythm = Rhythm(seed, len(self.cast))
        self._journal = Journal()
        self._friendships = Friendships(seed, self.cast)
        self._communities = Communities(seed, self.cast)
        self._messages = Messages(seed, self.cast, words)
        self._board = Board(seed, self.cast, words)
        self._presence = Presence(seed, self.cast)
        write_accounts(seed, self.cast, self.calendar, planted, self._journal)

    def live_one_day(self) -> list[Batch]:
        """Live the next day and return its rows; the first day brings all that is older too."""
        local = self.calendar.day(self.next_day)
        moves = self.turns.on(local.number)
        today = Today(self.cast, local, moves, self._rhythm.mood(local))
        if local.number == FIRST_DAY:
            self._communities.begin(today, self._journal)
            self._friendships.begin(today, self._journal)
            self._messages.begin(self._journal)
        circles = self._friendships.circles(before=local.start)
        self._friendships.live(today, self._journal)
        self._communities.live(today, self._journal)
        self._messages.live(today, circles, self._journal)
        self._board.live(today, self._journal)
        empty_bios(self._seed, self.cast, local, moves, self._journal)
        self._presence.live(today, self._journal)
        self.next_day += 1
        return self._journal.collect(before=local.end)
