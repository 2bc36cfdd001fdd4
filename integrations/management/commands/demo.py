"""`manage.py demo`: the platform, a local smart-me cloud, and a building whose meters count."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.up import ports
from config.up.plan import Output, Plan, Process, manage
from config.up.probes import http_ok
from config.up.stack import run

CLOUD_PORT = 8090


class Command(BaseCommand):
    """Starts everything, seeds the building, prints what there is, and stays up."""

    help = "Run the platform with a demonstration building until Ctrl-C."
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--cloud-port", type=int, default=CLOUD_PORT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, and leave with the exit code."""
        if not settings.IS_DEV:
            raise CommandError("The demonstration is for ATRIUM_ENVIRONMENT=dev only.")
        port = ports.pick(options["cloud_port"])
        url = f"http://{ports.HOST}:{port}"
        cloud = Process(
            name="smart-me",
            command=manage("smartme_simulator", "--port", str(port)),
            ready=http_ok(f"{url}/_simulator/clock"),
        )
        seed = Process(name="demo", command=manage("seed_demo"), output=Output.TERMINAL)
        plan = Plan(environment={"SMARTME_API_URL": url}, extra=(cloud,), afterwards=(seed,))
        raise SystemExit(run(plan=plan))
