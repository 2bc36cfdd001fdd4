"""The admin pages of accounts: secrets stay hidden, deeds go through the services."""

import re

import pytest
from django.test import Client

from accounts.models import Application, Consent, Organisation, RefreshToken, User
from tests import factories
from tests.accounts.oauth import flows

APPLICATIONS = "/admin/accounts/application/"


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org"))
    return client


def test_new_application_shows_its_secret_once(staff: Client, organisation: Organisation) -> None:
    form = {"organisation": organisation.pk, "name": "Reader", "client_type": "confidential"}
    form |= {"grant_types": ["client_credentials"], "scopes": ["sites:read"]}

    page = staff.post(f"{APPLICATIONS}add/", form, follow=True).content.decode()

    application = Application.objects.get(name="Reader")
    found = re.search(r"shown this once: (\w+)", page)
    assert found
    answer = flows.ask_token(application, secret=found[1], grant_type="client_credentials")
    assert answer.json()["scope"] == "sites:read"
    assert found[1] not in staff.get(APPLICATIONS).content.decode()


def test_form_of_an_application_hides_the_digest(staff: Client, meter_app: Application) -> None:
    page = staff.get(f"{APPLICATIONS}{meter_app.pk}/change/").content.decode()

    assert meter_app.client_secret not in page
    assert "client_secret$" not in page


def test_rotation_shows_new_secrets(staff: Client, meter_app: Application) -> None:
    form = {"action": "rotate", "_selected_action": [str(meter_app.pk)]}

    page = staff.post(APPLICATIONS, form, follow=True).content.decode()

    assert "shown this once" in page
    assert flows.ask_token(meter_app, grant_type="client_credentials").status_code == 401


def test_pages_of_tokens_show_no_digest(staff: Client, dora: User, meter_app: Application) -> None:
    flows.tokens_of(dora, meter_app)
    token = RefreshToken.objects.get()

    page = staff.get(f"/admin/accounts/refreshtoken/{token.pk}/change/").content.decode()

    assert token.token_checksum not in page


def test_withdrawn_consent_is_withdrawn_by_the_service(
    staff: Client, dora: User, meter_app: Application
) -> None:
    consent = factories.make_consent(dora, meter_app)
    token = factories.make_access_token(meter_app, consent=consent)
    form = {"action": "withdraw", "_selected_action": [str(consent.pk)]}

    staff.post("/admin/accounts/consent/", form)

    assert Consent.objects.get().revoked_at is not None
    assert (
        flows.Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {token}"}).status_code
        == 401
    )


def test_user_is_made_by_address(staff: Client) -> None:
    form = {"email": "Eve@example.org", "usable_password": "false"}

    staff.post("/admin/accounts/user/add/", form)

    assert not User.objects.get(email="eve@example.org").has_usable_password()


def test_login_goes_through_the_page_that_counts_tries(client: Client) -> None:
    answer = client.get("/admin/")

    assert answer.status_code == 302
    second = client.get(answer["Location"])
    assert second["Location"].startswith("/accounts/login/?next=/admin/")


def test_people_outside_of_the_staff_are_told_so(dora: User) -> None:
    answer = flows.browser_of(dora).get("/admin/", follow=True)

    assert answer.status_code == 403
    assert "for staff" in answer.content.decode()
