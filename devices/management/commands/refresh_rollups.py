"""``manage.py refresh_rollups``: sum up what is marked, now; or all of a time anew."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.lib.times import parse_time
from devices.models import Point
from devices.services.rollups import mark_rollups, refresh_rollups

SLICE = 100
EVER = datetime(2000, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Command(BaseCommand):
    """Sums up; killed at any moment it may simply be started again."""

    help = "Sum up what changed since; --rebuild marks everything first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take what to rebuild."""
        parser.add_argument("--rebuild", action="store_true", help="mark all readings first")
        parser.add_argument("--start", default="", help="RFC 3339; rebuild from this moment")
        parser.add_argument("--end", default="", help="RFC 3339; rebuild until before this moment")
        parser.add_argument("--device", help="rebuild this device alone")
        parser.add_argument("--after", type=int, default=0, help="go on behind this point")

    def handle(self, *args: Any, **options: Any) -> None:
        """Mark, then sum up, and say how far it is."""
        if options["rebuild"]:
            self._mark(options)
        slices = refresh_rollups()
        self.stdout.write(f"Summed up {slices} slices.")

    def _mark(self, options: dict[str, Any]) -> None:
        start, end = self._time(options["start"], EVER), self._time(options["end"], NEVER)
        points = Point.objects.order_by("pk").values_list("pk", flat=True)
        if options["device"]:
            points = points.filter(device=options["device"])
        last = options["after"]
        while found := list(points.filter(pk__gt=last)[:SLICE]):
            mark_rollups(found, start=start, end=end)
            last = found[-1]
            self.stdout.write(f"Marked up to point {last}; to go on from here: --after {last}")

    @staticmethod
    def _time(text: str, default: datetime) -> datetime:
        moment = parse_time(text) if text else default
        if moment is None:
            raise CommandError(f"{text} is no RFC 3339 time with its zone.")
        return moment
