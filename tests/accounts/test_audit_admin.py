"""The admin site: staff read the log, and what staff read is in it."""

from http import HTTPStatus
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AccessToken, AuditEntry, User
from tests import factories

pytestmark = pytest.mark.django_db
LOG = "admin:accounts_auditentry_changelist"


@pytest.fixture
def staff() -> User:
    return factories.make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def browser(client: Client, staff: User) -> Client:
    client.force_login(staff)
    return client


def test_log_is_shown_and_cannot_be_changed(browser: Client, bob: User) -> None:
    entry = AuditEntry.objects.filter(subject_id=bob.pk).latest("pk")
    page = reverse("admin:accounts_auditentry_change", args=[entry.pk])

    assert browser.get(reverse(LOG)).status_code == HTTPStatus.OK
    assert browser.get(page).status_code == HTTPStatus.OK
    assert browser.post(page, {"action": "x"}).status_code == HTTPStatus.FORBIDDEN
    assert browser.get(reverse("admin:accounts_auditentry_add")).status_code == 403


@pytest.mark.parametrize("term", ["{bob}", "b0b", "rename-1"])
def test_log_is_searched_by_whole_ids(browser: Client, bob: User, term: str) -> None:
    answer = browser.get(reverse(LOG), {"q": term.format(bob=bob.pk)})

    assert answer.status_code == HTTPStatus.OK
    assert (str(bob.pk) in answer.content.decode()) == (term == "{bob}")


def test_page_that_staff_read_is_recorded_for_whom_it_concerns(
    browser: Client, staff: User, dora: User
) -> None:
    factories.make_token_for(dora)
    key = AccessToken.objects.get(user=dora).pk
    browser.get(reverse("admin:accounts_accesstoken_change", args=[key]), {"_popup": "1"})

    entry = AuditEntry.objects.get(action="read", object_id=key)

    assert (entry.user_id, entry.origin) == (staff.pk, "admin")
    assert (entry.object_type, entry.subject_id) == ("access_token", dora.pk)
    assert entry.after == {"page": "accounts_accesstoken_change", "query": "_popup=1"}


def test_list_that_staff_read_is_recorded_with_its_query(browser: Client, staff: User) -> None:
    browser.get(reverse("admin:accounts_application_changelist"), {"q": "meter"})

    entry = AuditEntry.objects.get(action="read", user_id=UUID(str(staff.pk)))

    assert entry.after == {"page": "accounts_application_changelist", "query": "q=meter"}


def test_page_that_was_refused_is_not_recorded_as_read(client: Client, dora: User) -> None:
    client.force_login(dora)
    client.get(reverse(LOG))

    assert not AuditEntry.objects.filter(action="read", user_id=dora.pk).exists()
