"""What tests of the building editor share: a park, and somebody who edits it."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from tests.twin.past import write_anew
from tests.twin.planning.buildings import named
from twin.models import Site, Space

JSON = "application/json"
ALL_SPACES = ("change_site", "view_site", "add_space", "change_space", "delete_space")


def make_staff(*permissions: str) -> User:
    """Make somebody of the staff who may do just that."""
    user = User.objects.create_user(f"s{User.objects.count()}@example.org", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


class Editor:
    """The editor of one site, as its script speaks to it."""

    def __init__(self, client: Client, site: Site) -> None:
        self.client, self.site = client, site
        self.root = f"/admin/twin/site/{site.pk}/editor/"
        self.seen = ""

    def get(self, at: str, **query: Any) -> Any:
        """Ask for something."""
        return self.client.get(self.root + at, query)

    def building(self) -> dict[str, Any]:
        """Look at the building, and remember which state it was."""
        found: dict[str, Any] = self.get("building/").json()
        self.seen = found["revision"]
        return found

    def post(self, at: str, body: Any = None) -> Any:
        """Send something."""
        write_anew()
        return self.client.post(self.root + at, body or {}, content_type=JSON)

    def edit(self, deed: str, **given: Any) -> Any:
        """Do one deed upon the state that was seen last; a success is seen too."""
        if not self.seen:
            self.building()
        response = self.post("edits/", {"deed": deed, "seen": self.seen, **_plain(given)})
        if response.status_code == 200:
            self.seen = response.json()["revision"]
        return response

    def undo(self, response: Any) -> Any:
        """Undo what an answer was about."""
        return self.edit(**response.json()["undo"])

    def names(self, parent: str) -> list[str]:
        """Return the names directly in a space, in order."""
        above = named(self.site, parent)
        return list(Space.objects.filter(parent=above).in_order().values_list("name", flat=True))


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    return {key: str(value.pk) if hasattr(value, "pk") else value for key, value in given.items()}


def texts(rows: Iterable[list[Any]]) -> list[str]:
    """Return the names in rows of spaces."""
    return [row[3] for row in rows]
