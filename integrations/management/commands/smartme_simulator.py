"""`manage.py smartme_simulator`: the local stand-in for the smart-me cloud."""

from __future__ import annotations

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from integrations.smartme.simulator.clock import SimulatedClock
from integrations.smartme.simulator.cloud import SmartMeCloud
from integrations.smartme.simulator.server import Simulator
from integrations.smartme.simulator.world import load_world


class Command(BaseCommand):
    """Serves the accounts of one or more worlds until it is stopped."""

    help = "Serve a local smart-me cloud whose meters move on."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8090, help="0 takes any free port")
        parser.add_argument(
            "--accounts",
            nargs="+",
            default=["tilleuls"],
            metavar="WORLD",
            help="a shipped world by name, or a YAML file",
        )
        parser.add_argument("--speed", type=float, default=1.0, help="simulated seconds a second")

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve."""
        accounts = [account for name in options["accounts"] for account in load_world(name)]
        cloud = SmartMeCloud(accounts, clock=SimulatedClock(speed=options["speed"]))
        simulator = Simulator(cloud, host=options["host"], port=options["port"])
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        meters = sum(len(account.meters) for account in accounts)
        self.stdout.write(
            f"smart-me simulator: {simulator.url}, {len(accounts)} accounts, {meters} meters"
        )
        self.stdout.flush()
        try:
            simulator.serve()
        except KeyboardInterrupt:
            self.stdout.write("smart-me simulator: stopped")
