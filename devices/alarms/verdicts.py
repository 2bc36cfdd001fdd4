"""What is decided about one watch: its new state, and what that raises and clears."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from devices.alarms.machine import (
    Cleared,
    Outcome,
    Raised,
    Sample,
    State,
    Transition,
    advance,
)
from devices.alarms.terms import Terms, is_measured
from devices.alarms.watching import Watched
from devices.choices import WatchPhase


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one watch; ``is_folded`` if it is silent because its gateway is."""

    watch: Watched
    terms: Terms
    outcome: Outcome
    seen_until: datetime
    is_fed: bool = True

    @property
    def row(self) -> tuple[Any, ...]:
        """Return the watch as it is written."""
        state = self.outcome.state
        return (
            *(self.watch.id, state.phase, state.since, state.value, state.level),
            *(self.seen_until, self.outcome.due_at, self.is_fed),
        )

    @property
    def is_measured(self) -> bool:
        """Say whether its alarm tells of what was measured."""
        return is_measured(self.terms.rule.condition, self.watch.category)


def judge(watch: Watched, terms: Terms, samples: Iterable[Sample], *, now: datetime) -> Verdict:
    """Return what samples, oldest first, make of a watch."""
    found = list(samples)
    outcome = advance(
        watch.state,
        found,
        limits=terms.limits,
        now=now,
        quiet_until=terms.quiet_until(watch.zone, now),
    )
    seen = found[-1].time if found else watch.seen_until
    return Verdict(watch, terms, outcome, max(seen, watch.seen_until))


def judge_silence(watch: Watched, terms: Terms, *, is_behind_down: bool, now: datetime) -> Verdict:
    """Return what silence makes of a watch: it is due again when it would have lasted too long."""
    heard, phase = watch.heard(now), watch.phase
    quiet = terms.quiet_until(watch.zone, now)
    patience = watch.patience(terms)
    calm = Outcome(State(), [], heard + patience)
    found: Outcome
    if heard + patience > now:
        over: list[Transition] = [Cleared(now)] if phase == WatchPhase.RAISED else []
        found = calm._replace(transitions=over)
    elif phase == WatchPhase.RAISED:
        found = Outcome(watch.state, [], None)
    elif is_behind_down:
        found = Outcome(State(WatchPhase.FOLDED, watch.since or heard), [], None)
    elif phase == WatchPhase.FOLDED:
        # The gateway is back: the device gets the time that it always has.
        found = calm._replace(due_at=now + patience)
    elif quiet is not None:
        found = Outcome(State(WatchPhase.PENDING, heard), [], quiet)
    else:
        found = Outcome(State(WatchPhase.RAISED, heard), [Raised(heard, None)], None)
    is_fed = found.state.phase in {WatchPhase.RAISED, WatchPhase.FOLDED}
    return Verdict(watch, terms, found, watch.seen_until, is_fed)


def judge_again(verdict: Verdict, *, due_at: datetime) -> Verdict:
    """Return the verdict with another time to look again."""
    return replace(verdict, outcome=verdict.outcome._replace(due_at=due_at))
