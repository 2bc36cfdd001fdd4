"""``manage.py bootstrap``: a new organisation, its owner and a client-credentials application."""

import json
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.services.bootstrap import Bootstrapped, bootstrap

READABLE = """\
Organisation   {organisation[name]}  ({organisation[id]})
Owner          {owner[email]}  ({owner[id]})
Client id      {application[client_id]}
Client secret  {application[client_secret]}   (shown this once)
"""


def as_dict(made: Bootstrapped) -> dict[str, dict[str, str]]:
    """Return what was made as the command prints it."""
    return {
        "organisation": {"id": str(made.organisation.pk), "name": made.organisation.name},
        "owner": {"id": str(made.owner.pk), "email": made.owner.email},
        "application": {
            "id": str(made.application.pk),
            "client_id": made.application.client_id,
            "client_secret": made.client_secret,
            "scope": " ".join(made.application.scopes),
        },
    }


class Command(BaseCommand):
    """Make a new organisation, its owner and an application that may do everything for it."""

    help = "Make a new organisation, its owner and a client-credentials application."

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the arguments."""
        parser.add_argument("--organisation", required=True, metavar="NAME")
        parser.add_argument("--email", required=True, help="the owner; a new address is welcome")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make them and print them, once."""
        try:
            made = bootstrap(organisation_name=options["organisation"], email=options["email"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        shown = as_dict(made)
        self.stdout.write(json.dumps(shown) if options["json"] else READABLE.format(**shown))
