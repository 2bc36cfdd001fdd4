"""How far back and until when: the words of the consent page, and the moments they stand for."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from accounts.choices import Resolution

KEPT: Final = "kept"
DATE: Final = "date"
HISTORY: Final = {
    "now": _("Nothing of before: from now on"),
    "month": _("1 month back"),
    "year": _("1 year back"),
    "all": _("All there is"),
    DATE: _("From a date:"),
}
UNTIL: Final = {
    "day": _("For 1 day"),
    "month": _("For 1 month"),
    "year": _("For 1 year"),
    "withdrawn": _("Until I withdraw it"),
    DATE: _("Up to and including:"),
}
RESOLUTIONS: Final = {
    Resolution.RAW: _("Every single value, and what is so right now"),
    Resolution.QUARTER_HOUR: _("One value for each quarter of an hour"),
    Resolution.HOUR: _("One value for each hour"),
    Resolution.DAY: _("One value for each day"),
    Resolution.MONTH: _("One value for each month"),
}


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same moment some months later, or earlier; the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def history_from(word: str, now: datetime) -> datetime | None:
    """Return the moment before which nothing is shown, None for no such moment."""
    months = {"now": 0, "month": -1, "year": -12}
    return months_after(now, months[word]) if word in months else None


def expires_at(word: str, now: datetime) -> datetime | None:
    """Return the moment at which a consent ends, None if it ends only when it is withdrawn."""
    if word == "day":
        return now + timedelta(days=1)
    months = {"month": 1, "year": 12}
    return months_after(now, months[word]) if word in months else None


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment of a day where the user lives."""
    return datetime.combine(day, time.min, tzinfo=zone)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """Return the first moment after a day where the user lives."""
    return start_of(day + timedelta(days=1), zone)
