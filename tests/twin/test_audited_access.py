"""Changes of who may see what in a building are in the audit log, for whom they concern."""

import pytest

from accounts.models import AuditEntry, Organisation, User
from tests.factories import make_principal
from tests.twin import factories

pytestmark = pytest.mark.django_db


def seen(user: User, **filters: object) -> list[str]:
    """Return what the user is shown of the log, as "noun action"."""
    found = AuditEntry.objects.visible_to(make_principal(user=user)).filter(**filters)
    return sorted(f"{entry.object_type} {entry.action}" for entry in found)


def test_grant_and_occupancy_are_logged_for_building_and_person(
    organisation: Organisation, dora: User, charlie: User
) -> None:
    site = factories.make_site(organisation)
    flat = factories.make_space(site)
    factories.make_occupancy(flat, dora)
    factories.make_grant(flat, charlie).delete()

    entries = AuditEntry.objects.filter(organisation_id=organisation.pk, site_id=site.pk)

    assert {"occupancy", "grant"} <= {entry.object_type for entry in entries}
    assert seen(dora, site_id=site.pk) == ["occupancy created"]
    assert seen(charlie, site_id=site.pk) == ["grant created", "grant deleted"]


def test_owner_of_a_home_reads_what_was_done_there(dora: User, bob: User) -> None:
    home = factories.make_home(dora)
    factories.make_space(home)
    factories.make_site_member(home, bob, role="guest")

    assert "space created" in seen(dora, site_id=home.pk)
    assert seen(bob, site_id=home.pk) == ["site_member created"]


def test_app_with_a_limited_consent_reads_none_of_it(dora: User) -> None:
    home = factories.make_home(dora)
    principal = factories.make_limited_principal(make_principal(user=dora), home)

    assert not AuditEntry.objects.visible_to(principal).exists()


def test_chosen_nodes_of_a_consent_are_logged_for_its_user(dora: User) -> None:
    home = factories.make_home(dora)
    factories.make_limited_principal(make_principal(user=dora), home)

    assert seen(dora, object_type="consent_node") == ["consent_node created"]
