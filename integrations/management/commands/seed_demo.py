"""`manage.py seed_demo`: the demonstration building in a platform that is running."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.up.state import write_private
from integrations.demo import building, report
from integrations.models import Connection
from integrations.smartme.connections import request_sync
from twin.models import Site

PATIENCE_S = 90.0
KEPT = "demo.json"


class Command(BaseCommand):
    """Seeds the building, waits for its first sync, and prints what came of it."""

    help = "Make the demonstration building and wait for its first readings."

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, wait, print."""
        if not settings.IS_DEV:
            raise CommandError("The demonstration is for ATRIUM_ENVIRONMENT=dev only.")
        tenant = building.settle_tenant(known_password=_kept_password())
        write_private(Path(settings.STATE_DIR) / KEPT, json.dumps({"password": tenant.password}))
        self._say(f"organisation {tenant.organisation.name}, owner {tenant.owner.email}")
        site = building.settle_site(tenant)
        self._say(f"site {site.name}, built from {building.TEMPLATE}")
        connection = building.settle_connection(tenant, site)
        self._say(f"connection to {settings.SMARTME_API_URL}, waiting for the first readings")
        connection = self._wait(connection, since=timezone.now())
        moved = building.place_meters(connection, site)
        self._say(f"{connection.meters.present().count()} meters found, {moved} put into flats")
        self._print(tenant, connection)

    def _wait(self, connection: Connection, *, since: datetime) -> Connection:
        """Wait until a sync of this start has gone well; the first one is queued already.

        Raises: CommandError, with what the connection says is wrong.
        """
        if connection.last_success_at is not None:
            request_sync(connection=connection)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            connection = Connection.objects.get(pk=connection.pk)
            if connection.last_success_at is not None and connection.last_success_at >= since:
                return connection
            time.sleep(0.3)
        problem = connection.problem or f"it is {connection.status}"
        raise CommandError(f"No first sync within {PATIENCE_S:g} s: {problem}")

    def _print(self, tenant: building.Tenant, connection: Connection) -> None:
        sites = Site.objects.filter(organisation=tenant.organisation)
        url = settings.PUBLIC_URL
        where = report.addresses(
            url=url,
            tenant=tenant,
            token=_token(url, tenant),
            cloud_url=settings.SMARTME_API_URL,
        )
        parts = ("", report.sites_table(sites), "", report.meters_table(connection), "", where, "")
        self.stdout.write("\n".join(parts))

    def _say(self, text: str) -> None:
        self.stdout.write(f"demo     | {text}")
        self.stdout.flush()


def _kept_password() -> str:
    try:
        kept = json.loads((Path(settings.STATE_DIR) / KEPT).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # the first start, or a file of somebody else
        return ""
    return str(kept.get("password", ""))


def _token(url: str, tenant: building.Tenant) -> str:
    """Get a token the way every client does."""
    answer = httpx.post(
        f"{url}/oauth/token/",
        data={"grant_type": "client_credentials"},
        auth=(tenant.client_id, tenant.client_secret),
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["access_token"])
