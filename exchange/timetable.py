"""The schedules of an installation and how far each has come, in the ledger.

A run has three commits: it begins (which moment it serves, whose it is), it is done (by the job's own commits), it has
ended. A process that dies in between leaves a run that has begun and not ended; whoever comes next begins it again,
`service.tries` times at most. What it had done already has no second effect: that is the pipeline's business.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError, OperationalError

from exchange.errors import ExchangeError, FatalError, TransientError
from exchange.finding import shown
from exchange.jobs import action
from exchange.ledger_tables import SCHEDULE_RUN, SCHEDULE_STATE
from exchange.schedule import due, upcoming

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import RowMapping

    from exchange.app import App
    from exchange.ledger import Batch
    from exchange.schedule import Plan
    from exchange.settings import Schedule

LOG = logging.getLogger(__name__)

#: Results of a run.
DONE, FINDINGS, WAITS, FAILED = "done", "findings", "waits", "failed"
#: What has to wait is tried again after so many seconds, doubled each time up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 30, 900
#: Runs of a schedule that the ledger keeps.
KEPT_RUNS = 200


@dataclass(frozen=True, slots=True)
class State:
    """How far a schedule has come; see the table `schedule_state`."""

    name: str
    since_at: datetime
    due_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    next_try_at: datetime | None = None
    unserved_at: datetime | None = None
    result: str = ""
    message: str = ""
    tries: int = 0
    deaths: int = 0
    owner: str = ""

    @property
    def begun(self) -> bool:
        """Whether a run has begun and not ended: it is at work, or its process has died."""
        return self.started_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Entry:
    """One schedule with its plan and state."""

    name: str
    schedule: Schedule
    plan: Plan
    state: State
    paused: bool

    @property
    def module(self) -> str:
        return self.schedule.module


class Turn(NamedTuple):
    """A run that is to begin now.

    Attributes:
        entry: of which schedule.
        due_at: the moment that it serves.
        tries: how often this moment has been tried, this time included.
        deaths: how often the process has died over it.
    """

    entry: Entry
    due_at: datetime
    tries: int = 1
    deaths: int = 0


class Timetable:
    """Which schedule is due, and running it. Raises ConfigError for one that names what does not exist."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.ledger = app.ledger
        given = app.settings.schedules
        self._running: set[str] = set()
        self.actions = {name: action(app, name, schedule) for name, schedule in given.items()}
        zone = ZoneInfo(app.settings.zone)
        self.plans = {name: schedule.plan(zone) for name, schedule in given.items()}

    @property
    def connections(self) -> list[str]:
        """The connections that the schedules use."""
        return sorted({each.connection for each in self.actions.values()})

    def entries(self) -> list[Entry]:
        """All schedules, as the settings list them."""
        states, paused = self._states(), self.app.pauses.all()
        return [
            Entry(
                name,
                schedule,
                self.plans[name],
                states[name],
                self.app.registry.module(schedule.module).name in paused if schedule.module else False,
            )
            for name, schedule in self.app.settings.schedules.items()
        ]

    def turns(self, connection: str = "") -> list[Turn]:
        """What is to run now, on one connection or on all, in the order in which it came due."""
        mine = [each for each in self.entries() if connection in ("", self.actions[each.name].connection)]
        turns = [turn for turn in map(self._turn, mine) if turn is not None]
        return sorted(turns, key=lambda turn: (turn.due_at, turn.entry.name))

    def next_at(self, entry: Entry) -> datetime | None:
        """When a schedule comes due next; the past when it is due already, None while it is paused or never."""
        if entry.paused:
            return None
        turn = self._turn(entry)
        if turn is not None:
            return turn.due_at
        return upcoming(entry.plan, max(self.ledger.now(), entry.state.due_at or entry.state.since_at))

    def unserved_since(self, entry: Entry) -> datetime | None:
        """The first moment that no run has served to its end; None when there is none, or while it is paused."""
        if entry.paused:
            return None
        if entry.state.unserved_at is not None:
            return entry.state.unserved_at
        missed = upcoming(entry.plan, entry.state.due_at or entry.state.since_at)
        return missed if missed is not None and missed <= self.ledger.now() else None

    def _turn(self, entry: Entry) -> Turn | None:
        state, now = entry.state, self.ledger.now()
        if entry.paused:
            return None
        if state.begun:
            left = state.due_at if self._left_behind(state) else None
            return None if left is None else Turn(entry, left, state.tries, state.deaths + 1)
        moment = due(entry.plan, state.due_at or state.since_at, now)
        if moment is not None:
            return Turn(entry, moment)
        if state.result == WAITS and state.due_at and state.next_try_at and state.next_try_at <= now:
            return Turn(entry, state.due_at, state.tries + 1, state.deaths)
        return None

    def _left_behind(self, state: State) -> bool:
        """Whether nobody works on a run that has begun: its process died, or could not enter its end."""
        mine = state.owner == self.app.owner.name
        return state.name not in self._running if mine else self.app.owner.is_dead(state.owner)

    # Running

    def run(self, turn: Turn, done: Callable[[Batch], None]) -> str:
        """Run one job and keep what came of it; its result, empty when somebody else has begun it."""
        name = turn.entry.name
        self._running.add(name)
        try:
            return self._run(turn, done) if self._begin(turn) else ""
        finally:
            self._running.discard(name)

    def _run(self, turn: Turn, done: Callable[[Batch], None]) -> str:
        name = turn.entry.name
        if turn.deaths >= self.app.settings.service.tries:
            return self._end(turn, FAILED, f"the program ended {turn.deaths} times in mid-run", [])
        LOG.info("schedule %s begins", name, extra={"action": "schedule_begins"})
        batches: list[Batch] = []
        try:
            for batch in self.actions[name].run(self.app, turn.entry.schedule):
                batches.append(batch)
                done(batch)
        except (TransientError, OSError, OperationalError) as error:
            LOG.warning("schedule %s waits: %s", name, shown(error), extra={"action": "schedule_waits"})
            return self._end(turn, WAITS, shown(error), batches)
        except FatalError as error:
            self._end(turn, FAILED, shown(error), batches)
            raise
        except ExchangeError as error:
            LOG.error("schedule %s: %s", name, error, extra={"action": "schedule_failed"})  # noqa: TRY400 - no bug
            return self._end(turn, FAILED, shown(error), batches)
        except Exception as error:
            LOG.exception("schedule %s", name, extra={"action": "schedule_failed"})
            return self._end(turn, FAILED, f"{type(error).__name__}: {shown(error)}", batches)
        bad = any(each.counts.rejected or each.counts.held or each.state.value == "quarantined" for each in batches)
        return self._end(turn, FINDINGS if bad else DONE, "", batches)

    def _begin(self, turn: Turn) -> bool:
        """Enter the run; False when somebody else was quicker."""
        before = turn.entry.state
        table = SCHEDULE_STATE.c
        same = (
            table.name == before.name,
            table.started_at.is_(None) if before.started_at is None else table.started_at == before.started_at,
            table.tries == before.tries,
            table.deaths == before.deaths,
            table.ended_at.is_(None) if before.ended_at is None else table.ended_at == before.ended_at,
        )
        values = {
            "due_at": turn.due_at,
            "started_at": self.ledger.now(),
            "ended_at": None,
            "next_try_at": None,
            "unserved_at": before.unserved_at or turn.due_at,
        }
        with self.ledger.writing() as connection:
            changed = connection.execute(
                update(SCHEDULE_STATE)
                .where(*same)
                .values(**values, tries=turn.tries, deaths=turn.deaths, owner=self.app.owner.name, message="")
            )
        return bool(changed.rowcount)

    def _end(self, turn: Turn, result: str, message: str, batches: list[Batch]) -> str:
        now = self.ledger.now()
        pause = min(FIRST_PAUSE * 2 ** min(turn.tries - 1, 10), LONGEST_PAUSE)
        table = SCHEDULE_STATE.c
        ended: dict[str, Any] = {"ended_at": now, "result": result, "message": message, "owner": ""}
        if result == WAITS:
            ended["next_try_at"] = now + timedelta(seconds=pause)
        if result in (DONE, FINDINGS):
            ended["unserved_at"] = None
        with self.ledger.writing() as connection:
            started = connection.execute(select(table.started_at).where(table.name == turn.entry.name)).scalar_one()
            connection.execute(update(SCHEDULE_STATE).where(table.name == turn.entry.name).values(ended))
            run = SCHEDULE_RUN.c
            mine = run.name == turn.entry.name
            connection.execute(
                insert(SCHEDULE_RUN).values(
                    name=turn.entry.name,
                    due_at=turn.due_at,
                    started_at=started,
                    ended_at=now,
                    result=result,
                    message=message,
                    batches=" ".join(each.uid for each in batches),
                )
            )
            old = select(run.id).where(mine).order_by(run.id.desc()).offset(KEPT_RUNS).limit(1).scalar_subquery()
            connection.execute(delete(SCHEDULE_RUN).where(mine, run.id <= old))
        return result

    # The ledger

    def _states(self) -> dict[str, State]:
        """The state of every schedule; one that is seen for the first time begins now."""
        wanted = self.app.settings.schedules
        found = self._read()
        for name in wanted.keys() - found.keys():
            try:
                with self.ledger.writing() as connection:
                    values = {"name": name, "since_at": self.ledger.now(), "result": "", "message": ""}
                    connection.execute(insert(SCHEDULE_STATE).values(**values, tries=0, deaths=0, owner=""))
            except IntegrityError:  # another process was quicker
                continue
        return found if wanted.keys() <= found.keys() else self._read()

    def _read(self) -> dict[str, State]:
        with self.ledger.engine.connect() as connection:
            rows = connection.execute(select(SCHEDULE_STATE)).mappings().all()
        return {row["name"]: State(**row) for row in rows}

    def runs(self, name: str = "", limit: int = 20) -> list[RowMapping]:
        """The last runs, newest first."""
        query = select(SCHEDULE_RUN).where(SCHEDULE_RUN.c.name == name) if name else select(SCHEDULE_RUN)
        with self.ledger.engine.connect() as connection:
            return list(connection.execute(query.order_by(SCHEDULE_RUN.c.id.desc()).limit(limit)).mappings())
