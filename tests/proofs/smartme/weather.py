"""What goes wrong at the cloud, by chance: every fault of the reference, each for a while."""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.wire import LEVELS, Style
from integrations.smartme.simulator.world import Key
from tests.proofs.smartme.world import BASIC, IN_SMALL_UNITS, PROFESSIONAL, SMALL, WAYS

PATHS = (None, "/devices", "/values", "/valuesinpastmultiple", "/registerforrealtimeapi", "/oauth")
# In whole answers; each strikes a few calls of one account.
ANSWERS: tuple[dict[str, Any], ...] = (
    *({"kind": "status", "status": status} for status in (400, 401, 403, 404, 408, 500, 502, 524)),
    {"kind": "status", "status": 429},
    {"kind": "status", "status": 429, "retry_after": 40},
    {"kind": "status", "status": 503, "retry_after": 90},
    *({"kind": kind} for kind in ("html", "cut", "redirect", "empty", "not-json", "close", "lost")),
    {"kind": "hang", "seconds": 2.0},
    {"kind": "drip", "seconds_per_byte": 0.02},
    {"kind": "pause", "seconds": 0.4},
)
# In what is said of a meter.
METERS: tuple[dict[str, Any], ...] = (
    *({"kind": kind} for kind in ("vanish", "rename", "missing-name", "big-serial", "stale")),
    *({"kind": kind} for kind in ("null-members", "bad-value", "unknown-unit", "net-negative")),
    *({"kind": kind} for kind in ("camel-case", "unknown-member", "unknown-enum")),
    *(
        {"kind": "unknown-enum", "member": member, "value": value}
        for member, value in (
            ("DeviceEnergyType", 2),
            ("DeviceEnergyType", 4),
            ("DeviceEnergyType", 99),
            ("MeterSubType", 1),
            ("MeterSubType", 42),
        )
    ),
)
WHOLE: tuple[dict[str, Any], ...] = (
    {"kind": "add", "serial": 6_390_001, "name": "New"},
    {"kind": "empty-gateway"},
)
# In posts, all the time.
POSTS: tuple[dict[str, Any], ...] = (
    {"kind": "post-drop", "share": 0.05},
    {"kind": "post-late", "share": 0.2, "seconds": 120},
    {"kind": "post-duplicate", "share": 0.1},
    {"kind": "post-foreign", "share": 0.05},
    {"kind": "post-garbage", "share": 0.05},
)
CLAIMLESS = Key(frozenset({"user.read"}))


class Weather:
    """Faults that come and go as the cloud's time passes."""

    def __init__(self, cloud: SmartMeCloud, dice: random.Random) -> None:
        self.cloud, self.dice = cloud, dice
        self.seen: Counter[str] = Counter()
        self.keys = {name: dict(one.api_keys) for name, one in cloud.accounts.items()}
        self._endings: list[tuple[float, Callable[[], None]]] = []

    def be_fair(self) -> None:
        """Let nothing be wrong, but what is so by nature: the units of one account."""
        for _, end in self._endings:
            end()
        self._endings.clear()
        self.cloud.faults.switch_off()
        self.cloud.faults.switch_on(
            {"kind": "obis-unit", "account": IN_SMALL_UNITS, "factor": SMALL}
        )

    def turn_bad(self) -> None:
        """Begin with the faults that last."""
        for fault in POSTS:
            self._begin(fault)

    def change(self) -> None:
        """End what is over, and begin something new."""
        now = self.cloud.clock.now()
        due = [entry for entry in self._endings if entry[0] <= now]
        self._endings = [entry for entry in self._endings if entry[0] > now]
        for _, end in due:
            end()
        self.cloud.sender.style = Style(
            level=self.dice.choice(LEVELS), omit_zero=self.dice.random() < 0.5
        )
        self.dice.choice((self._spoil, self._spoil, self._shape, self._shape, self._lock_out))()

    def _begin(self, fault: dict[str, Any], *, lasts: float | None = None) -> None:
        self.seen[fault["kind"]] += 1
        found = self.cloud.faults.switch_on(fault)
        if lasts is not None:
            self._endings.append((self._later(lasts), lambda: self._end(found.id)))

    def _end(self, number: int) -> None:
        self.cloud.faults.switch_off(number=number)

    def _later(self, most: float) -> float:
        return self.cloud.clock.now() + most * (0.3 + 0.7 * self.dice.random())

    def _spoil(self) -> None:
        fault = self.dice.choice(ANSWERS)
        where = {"account": self.dice.choice(list(WAYS)), "path": self.dice.choice(PATHS)}
        self._begin({**fault, **where, "times": self.dice.choice((1, 1, 2, 6))}, lasts=240)

    def _shape(self) -> None:
        name = self.dice.choice(list(WAYS))
        fault = self.dice.choice((*METERS, *WHOLE))
        if fault not in WHOLE:
            fault = {**fault, "meter": self.dice.choice(self.cloud.accounts[name].meters).id}
        self._begin({**fault, "account": name}, lasts=180)

    def _lock_out(self) -> None:
        """Take a key, its claims, a token or the licence away for a while."""
        deed = self.dice.choice((self._revoke, self._unclaim, self._end_tokens, self._downgrade))
        self.seen[deed.__name__.strip("_")] += 1
        deed()

    def _revoke(self) -> None:
        self._change_keys({})

    def _unclaim(self) -> None:
        self._change_keys(None)

    def _change_keys(self, keys: dict[str, Key] | None) -> None:
        """Take the keys of an account away, or (None) their claims; what they were comes back."""
        account = self.cloud.accounts[self.dice.choice(("north", "east"))]
        good = self.keys[account.name]
        account.api_keys = dict.fromkeys(good, CLAIMLESS) if keys is None else keys
        self._endings.append((self._later(120), lambda: setattr(account, "api_keys", good)))

    def _end_tokens(self) -> None:
        self.cloud.doorkeeper.oauth.end_access_tokens()

    def _downgrade(self) -> None:
        account = self.cloud.accounts["west"]
        account.licence = BASIC
        self._endings.append((self._later(120), lambda: setattr(account, "licence", PROFESSIONAL)))
