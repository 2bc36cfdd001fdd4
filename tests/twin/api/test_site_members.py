"""``sites/{id}/members/``, ``transfer/`` and ``policy/``."""

from http import HTTPStatus
from typing import Any

import pytest
from django.core import mail

from accounts.models import Invitation, Organisation, User
from tests.conftest import Client
from tests.problems import assert_problem
from tests.twin import factories
from twin.choices import SiteRole
from twin.models import Site, SiteMember

pytestmark = pytest.mark.django_db
FROM, UNTIL = "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"


@pytest.fixture
def home(dora: User) -> Site:
    return factories.make_home(dora)


def url(site: Site, rest: str = "members/") -> str:
    return f"/api/v1/sites/{site.pk}/{rest}"


def of(member: SiteMember) -> str:
    return f"{url(member.site)}{member.pk}/"


def test_owner_adds_a_member_for_a_time(as_: Client, dora: User, home: Site, charlie: User) -> None:
    body = {"user": str(charlie.pk), "role": "guest", "from": FROM, "until": UNTIL}

    response = as_(dora).post(url(home), body)

    assert response.status_code == HTTPStatus.CREATED, response.json()
    assert {"role": "guest", "from": FROM, "until": UNTIL}.items() <= response.json().items()
    assert as_(charlie).get(f"/api/v1/sites/{home.pk}/").status_code == HTTPStatus.OK


def test_unknown_address_is_invited_by_mail(
    as_: Client, dora: User, home: Site, django_capture_on_commit_callbacks: Any, settings: Any
) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with django_capture_on_commit_callbacks(execute=True):
        response = as_(dora).post(url(home), {"email": "New@Example.org", "role": "resident"})

    assert response.json()["email"] == "new@example.org"
    (letter,) = mail.outbox
    assert letter.to == ["new@example.org"]
    assert "Home" in letter.subject


def test_invitation_is_sent_again_by_the_owner_alone(
    as_: Client, dora: User, home: Site, charlie: User, django_capture_on_commit_callbacks: Any
) -> None:
    made = as_(dora).post(url(home), {"email": "new@example.org", "role": "guest"}).json()
    path = f"{url(home)}{made['id']}/invitation/"
    with django_capture_on_commit_callbacks() as letters:
        answer = as_(dora).post(path)

    assert (answer.status_code, len(letters)) == (HTTPStatus.ACCEPTED, 1)
    assert as_(charlie).post(path).status_code == HTTPStatus.NOT_FOUND
    response = as_(dora, "members:read").post(path)
    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_removed_member_leaves_no_open_invitation(as_: Client, dora: User, home: Site) -> None:
    made = as_(dora).post(url(home), {"email": "new@example.org", "role": "guest"}).json()

    as_(dora).delete(f"{url(home)}{made['id']}/")

    assert Invitation.objects.get(object_id=made["id"]).revoked_at is not None


def test_member_is_named_once_and_well(as_: Client, dora: User, home: Site) -> None:
    client = as_(dora)

    nobody = client.post(url(home), {"role": "guest"})
    stranger = client.post(url(home), {"role": "guest", "user": str(home.pk)})
    backwards = {"role": "guest", "email": "a@b.org", "from": UNTIL, "until": FROM}

    assert_problem(nobody, HTTPStatus.BAD_REQUEST, "validation", pointer="#/email")
    assert_problem(stranger, HTTPStatus.BAD_REQUEST, "validation", pointer="#/user")
    response = client.post(url(home), backwards)
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer="#/until")


def test_second_membership_at_the_same_time_is_refused(as_: Client, dora: User, home: Site) -> None:
    response = as_(dora).post(url(home), {"user": str(dora.pk), "role": "guest"})

    assert_problem(response, HTTPStatus.CONFLICT, "there-already")


@pytest.mark.parametrize("field", ["organisation", "is_staff", "site", "id"])
def test_nothing_else_can_be_set(as_: Client, dora: User, home: Site, field: str) -> None:
    body = {"email": "a@example.org", "role": "guest", field: str(home.pk)}

    response = as_(dora).post(url(home), body)

    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation", pointer=f"#/{field}")


@pytest.mark.parametrize("role", ["resident", "guest"])
def test_members_who_do_not_own_the_home_add_nobody(
    as_: Client, home: Site, charlie: User, role: str
) -> None:
    factories.make_site_member(home, charlie, role=role)

    response = as_(charlie).post(url(home), {"email": "a@example.org", "role": "owner"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing", role="admin")


def test_strangers_find_nothing(as_: Client, home: Site, charlie: User) -> None:
    member = home.members.get()

    for response in (
        as_(charlie).get(url(home)),
        as_(charlie).post(url(home), {}),
        as_(charlie).patch(of(member), {}),
        as_(charlie).delete(of(member)),
        as_(charlie).post(url(home, "transfer/"), {}),
        as_(charlie).get(url(home, "policy/")),
    ):
        assert_problem(response, HTTPStatus.NOT_FOUND)


def test_reading_scope_does_not_write(as_: Client, dora: User, home: Site) -> None:
    response = as_(dora, "members:read").post(url(home), {})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing", scope="members:write")


def test_last_owner_can_neither_leave_nor_step_down(as_: Client, dora: User, home: Site) -> None:
    own = of(home.members.get())

    assert_problem(as_(dora).delete(own), HTTPStatus.CONFLICT, "last-owner")
    for change in ({"role": "guest"}, {"until": UNTIL}):
        assert_problem(as_(dora).patch(own, change), HTTPStatus.CONFLICT, "last-owner")


def test_owner_leaves_once_there_is_another(
    as_: Client, dora: User, home: Site, charlie: User
) -> None:
    mine = home.members.get()
    other = factories.make_site_member(home, charlie)
    client = as_(dora)
    assert client.patch(of(other), {"role": "owner"}).status_code == HTTPStatus.OK

    assert client.delete(of(mine)).status_code == HTTPStatus.NO_CONTENT

    assert_problem(client.get(f"/api/v1/sites/{home.pk}/"), HTTPStatus.NOT_FOUND)


def test_everybody_may_leave_but_not_send_others_away(
    as_: Client, organisation: Organisation, dora: User, charlie: User, bob: User
) -> None:
    site = factories.make_site(organisation)
    mine, other = factories.make_site_member(site, dora), factories.make_site_member(site, charlie)

    assert_problem(as_(dora).delete(of(other)), HTTPStatus.NOT_FOUND)
    assert_problem(as_(bob).delete(of(other)), HTTPStatus.FORBIDDEN, "role-missing")
    assert as_(dora).delete(of(mine)).status_code == HTTPStatus.NO_CONTENT


def test_home_is_handed_over(as_: Client, dora: User, home: Site, charlie: User) -> None:
    response = as_(dora).post(url(home, "transfer/"), {"email": charlie.email})

    assert response.status_code == HTTPStatus.CREATED
    (member,) = home.members.all()
    assert (member.user, member.role) == (charlie, SiteRole.OWNER)
    assert_problem(as_(dora).get(f"/api/v1/sites/{home.pk}/"), HTTPStatus.NOT_FOUND)


def test_policy_is_read_by_residents_and_set_by_admins(
    as_: Client, organisation: Organisation, alice: User, bob: User, dora: User
) -> None:
    site = factories.make_site(organisation)
    factories.make_site_member(site, dora)
    policy = url(site, "policy/")

    assert as_(dora).get(policy).json()["occupied_view"] == "1mo"
    assert as_(alice).patch(policy, {"occupied_view": "1d"}).json()["occupied_view"] == "1d"
    for user in (bob, dora):
        response = as_(user).patch(policy, {"occupied_view": "raw"})
        assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")
