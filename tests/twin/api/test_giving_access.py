"""Who may give others access, add and delete: never more than one's own right and consent hold."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Application, Organisation, User
from tests import factories as accounts
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.models import ConsentNode, Site, SiteMember, Space

pytestmark = pytest.mark.django_db
API = "/api/v1"


@dataclass
class Stairs:
    """A staircase with a flat, and what stands beside it."""

    site: Site
    top: Space
    flat: Space
    beside: Space


@pytest.fixture
def stairs(organisation: Organisation) -> Stairs:
    site = factories.make_site(organisation)
    top = factories.make_space(site, name="Staircase B")
    flat = factories.make_space(site, top, name="Flat 7")
    return Stairs(site, top, flat, factories.make_space(site, name="Staircase A"))


def through_consent(user: User, **terms: Any) -> APIClient:
    """Return a client of an application with the user's consent, cut as stated."""
    nodes = terms.pop("nodes", ())
    application = accounts.make_application(accounts.make_organisation())
    consent = accounts.make_consent(user, application, is_limited=bool(nodes), **terms)
    for node in nodes:
        ConsentNode.objects.create(consent=consent, node_id=node.pk)
    client = APIClient(raise_request_exception=False)
    token = accounts.make_access_token(application, consent=consent)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


class TestThroughAConsent:
    """An application that sees a part gives nobody a whole."""

    def gifts(self, stairs: Stairs) -> list[tuple[str, str, dict[str, Any]]]:
        person = {"email": "friend@example.org"}
        site, flat = f"{API}/sites/{stairs.site.pk}", f"{API}/spaces/{stairs.flat.pk}"
        return [
            ("post", f"{API}/grants/", {**person, "node": str(stairs.flat.pk), "role": "viewer"}),
            ("post", f"{flat}/occupancies/", person),
            ("post", f"{site}/members/", {**person, "role": "guest"}),
            ("patch", f"{site}/policy/", {"occupied_view": "raw"}),
            ("post", f"{site}/transfer/", person),
        ]

    @pytest.mark.parametrize(
        "terms", [{"resolution": "1d"}, {"history_from": datetime(2026, 1, 1, tzinfo=UTC)}]
    )
    def test_cut_of_fineness_or_past_gives_nothing_away(
        self, alice: User, stairs: Stairs, terms: dict[str, Any]
    ) -> None:
        client = through_consent(alice, **terms)

        for method, url, body in self.gifts(stairs):
            response = getattr(client, method)(url, body)

            assert_problem(response, HTTPStatus.FORBIDDEN, "consent-limited")

    def test_cut_of_places_gives_nothing_away_inside_of_them(
        self, alice: User, stairs: Stairs
    ) -> None:
        client = through_consent(alice, nodes=[stairs.top])

        for method, url, body in self.gifts(stairs)[:2]:
            response = getattr(client, method)(url, body)

            assert_problem(response, HTTPStatus.FORBIDDEN, "consent-limited")

    def test_uncut_consent_gives_what_its_user_may(self, alice: User, stairs: Stairs) -> None:
        client = through_consent(alice)

        for method, url, body in self.gifts(stairs):
            assert getattr(client, method)(url, body).status_code < HTTPStatus.BAD_REQUEST

    def test_cut_makes_no_application_and_no_member(
        self, alice: User, organisation: Organisation
    ) -> None:
        client = through_consent(alice, resolution="1d")
        members = f"{API}/organisations/{organisation.pk}/members/"

        for url, body in (
            (f"{API}/applications/", {"name": "Mine"}),
            (members, {"email": "friend@example.org", "role": "viewer"}),
        ):
            assert_problem(client.post(url, body), HTTPStatus.FORBIDDEN, "consent-limited")


class TestByGrant:
    """An installer changes and adds within their part, and deletes nothing."""

    @pytest.fixture
    def installer(self, dora: User, stairs: Stairs) -> User:
        factories.make_grant(stairs.top, dora, role="operator")
        return dora

    def test_installer_adds_a_space_inside(
        self, as_: Client, installer: User, stairs: Stairs
    ) -> None:
        body = {"site": str(stairs.site.pk), "kind": "room", "name": "Bath"}

        response = as_(installer).post(f"{API}/spaces/", {**body, "parent": str(stairs.flat.pk)})

        assert response.status_code == HTTPStatus.CREATED, response.json()
        at_top = as_(installer).post(f"{API}/spaces/", body)
        assert_problem(at_top, HTTPStatus.FORBIDDEN, "role-missing")

    def test_installer_moves_nothing_out_of_their_part(
        self, as_: Client, installer: User, stairs: Stairs
    ) -> None:
        url = f"{API}/spaces/{stairs.flat.pk}/"

        response = as_(installer).patch(url, {"parent": str(stairs.beside.pk)})
        assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/parent")

        factories.make_grant(stairs.beside, installer, role="viewer")
        response = as_(installer).patch(url, {"parent": str(stairs.beside.pk)})
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")

    def test_installer_deletes_nothing(
        self, as_: Client, alice: User, installer: User, stairs: Stairs
    ) -> None:
        url = f"{API}/spaces/{stairs.flat.pk}/"

        assert_problem(as_(installer).delete(url), HTTPStatus.FORBIDDEN, "role-missing")
        assert as_(alice).delete(url).status_code == HTTPStatus.NO_CONTENT


class TestTransfer:
    """A building is its organisation's; its owner alone says who is named there."""

    def test_admin_and_application_may_not(
        self, as_: Client, meter_app: Application, organisation: Organisation, stairs: Stairs
    ) -> None:
        admin = accounts.make_member(organisation, role="admin")

        for who in (admin, meter_app):
            url = f"{API}/sites/{stairs.site.pk}/transfer/"
            response = as_(who).post(url, {"email": "new@example.org"})

            assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing", role="owner")

    def test_owner_names_the_owner_and_the_building_stays(
        self, as_: Client, alice: User, dora: User, stairs: Stairs
    ) -> None:
        url = f"{API}/sites/{stairs.site.pk}/transfer/"

        response = as_(alice).post(url, {"email": dora.email})

        assert response.status_code == HTTPStatus.CREATED, response.json()
        stairs.site.refresh_from_db()
        assert stairs.site.organisation_id
        assert SiteMember.objects.get(site=stairs.site).role == "owner"
        assert as_(dora).get(f"{API}/spaces/").json()["results"] == []
