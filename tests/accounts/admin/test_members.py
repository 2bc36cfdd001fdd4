"""Members in the admin site: the rules of the API hold there too."""

import pytest
from django.test import Client

from accounts.models import B2BUser, Invitation, Organisation, User

PAGE = "/admin/accounts/b2buser/"
TERMS = {"starts_at_0": "", "starts_at_1": "", "ends_at_0": "", "ends_at_1": ""}


@pytest.fixture
def staff(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("staff@example.org"))
    return client


def of(user: User) -> B2BUser:
    return B2BUser.objects.get(user=user)


def test_staff_add_a_member_who_is_invited(
    staff: Client, organisation: Organisation, dora: User
) -> None:
    form = {"user": str(dora.pk), "organisation": str(organisation.pk), "role": "viewer", **TERMS}

    answer = staff.post(f"{PAGE}add/", form)

    assert answer.status_code == 302
    assert of(dora).role == "viewer"
    assert Invitation.objects.get(object_id=of(dora).pk).user == dora


def test_staff_change_a_role(staff: Client, alice: User, bob: User) -> None:
    staff.post(f"{PAGE}{of(bob).pk}/change/", {"role": "viewer", **TERMS})

    assert of(bob).role == "viewer"


def test_last_owner_keeps_the_role(staff: Client, alice: User) -> None:
    answer = staff.post(f"{PAGE}{of(alice).pk}/change/", {"role": "viewer", **TERMS}, follow=True)

    assert "This is the last owner." in answer.content.decode()
    assert of(alice).role == "owner"


def test_last_owner_is_not_deleted(staff: Client, alice: User) -> None:
    answer = staff.post(f"{PAGE}{of(alice).pk}/delete/", {"post": "yes"}, follow=True)

    assert "This is the last owner." in answer.content.decode()
    assert of(alice)


def test_last_owner_survives_a_deletion_of_many(staff: Client, alice: User, bob: User) -> None:
    chosen = [str(of(alice).pk), str(of(bob).pk)]
    form = {"action": "delete_selected", "_selected_action": chosen, "post": "yes"}

    staff.post(PAGE, form)

    assert list(B2BUser.objects.values_list("user__email", flat=True)) == [alice.email]


def test_page_of_the_organisation_shows_members_and_changes_none(
    staff: Client, organisation: Organisation, alice: User
) -> None:
    url = f"/admin/accounts/organisation/{organisation.pk}/change/"

    page = staff.get(url).content.decode()

    assert alice.email in page
    assert 'name="b2b_users-0-role"' not in page
