"""``POST sites/``: a whole building in one call, or a clear refusal and nothing written."""

from http import HTTPStatus
from typing import Any

import pytest

from accounts.models import Organisation, User
from tests.conftest import Client
from tests.factories import make_member, make_organisation
from tests.problems import assert_problem
from tests.twin.factories import make_version
from twin.choices import VersionStatus
from twin.models import Node, Site, SiteMember, Space, View, ViewMember

pytestmark = pytest.mark.django_db
URL = "/api/v1/sites/"
HUGE = {"floors": 200, "flats_per_floor": 1000}
TILLEULS = {
    "name": "Résidence Les Tilleuls",
    "template": "collective-housing@1",
    "parameters": {"floors": 4, "flats_per_floor": 4},
    "timezone": "Europe/Paris",
    "address": {"street": "12 rue des Tilleuls", "city": "Lyon"},
    "location": {"latitude": 45.76, "longitude": 4.83},
}


def with_(**changes: Any) -> dict[str, Any]:
    """Return the body of a right call with some members changed."""
    return {**TILLEULS, **changes}


def faults(response: Any) -> set[tuple[str, str]]:
    """Return pointer and code of every error in a 400."""
    assert_problem(response, HTTPStatus.BAD_REQUEST, "validation")
    return {(one["pointer"], one["code"]) for one in response.json()["errors"]}


def test_building_is_made_whole(shipped: None, as_: Client, bob: User) -> None:
    response = as_(bob).post(URL, TILLEULS)

    body = response.json()
    assert response.status_code == HTTPStatus.CREATED
    assert body["counts"] == {"spaces": Space.objects.count(), "views": View.objects.count()}
    assert Space.objects.filter(kind="flat", site=body["id"]).count() == 16


def test_answer_tells_the_site(
    shipped: None, as_: Client, bob: User, organisation: Organisation
) -> None:
    response = as_(bob).post(URL, TILLEULS)

    body = response.json()
    assert response.headers["ETag"]
    assert body["organisation"] == str(organisation.pk)
    assert body["parameters"] == {
        "staircases": 1,
        "floors": 4,
        "flats_per_floor": 4,
        "rooms_per_flat": 4,
    }
    for field in ("name", "template", "timezone", "address", "location"):
        assert body[field] == TILLEULS[field]


def test_every_space_has_a_node_and_the_path_of_its_parents(
    shipped: None, as_: Client, bob: User
) -> None:
    as_(bob).post(URL, TILLEULS)

    room = Space.objects.get(template_key="building/staircase-1/floor-2/flat-3/room-1")
    way = Space.objects.filter(path__ancestors=room.path).order_by("path__depth")
    assert list(room.path) == [space.pk.hex for space in way]
    assert [space.kind for space in way] == ["building", "staircase", "floor", "flat", "room"]
    assert Node.objects.filter(kind="space", site=room.site).count() == Space.objects.count()


def test_node_of_a_site_names_the_site(shipped: None, as_: Client, bob: User) -> None:
    site = as_(bob).post(URL, TILLEULS).json()["id"]

    node = Node.objects.get(pk=site)
    assert (str(node.site_id), node.kind) == (site, "site")


def test_site_without_a_template_is_empty(as_: Client, bob: User) -> None:
    response = as_(bob).post(URL, {"name": "Shed"})

    assert response.json()["counts"] == {"spaces": 0, "views": 0}
    assert response.json()["template"] is None
    assert response.json()["timezone"] == "UTC"


def test_fixed_members_of_a_view_are_put_in(
    as_: Client, bob: User, organisation: Organisation
) -> None:
    version = make_version(organisation)
    document = {**version.definition, "key": "lifts"}
    document["views"] = {"ground": {"name": "Ground", "members": ["garage/deck-1"]}}
    make_version(organisation, key="lifts", definition=document)

    as_(bob).post(URL, {"name": "Park", "template": "lifts@1"})

    assert ViewMember.objects.get().node.as_space.name == "Deck 1"


def test_end_user_gets_a_home_of_their_own(shipped: None, as_: Client, dora: User) -> None:
    response = as_(dora).post(URL, {"name": "Chez Dora", "template": "connected-home@1"})

    member = SiteMember.objects.get()
    assert response.status_code == HTTPStatus.CREATED
    assert response.json()["organisation"] is None
    assert (member.user, member.role) == (dora, "owner")


def test_application_builds_for_its_organisation(
    shipped: None, as_: Client, meter_app: Any
) -> None:
    response = as_(meter_app).post(URL, TILLEULS)

    assert response.json()["organisation"] == str(meter_app.organisation_id)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"name": ""}, ("#/name", "blank")),
        ({"name": 7}, ("#/name", "not_text")),
        ({"name": "x" * 201}, ("#/name", "max_length")),
        ({"colour": "red"}, ("#/colour", "unknown")),
        ({"timezone": "Mars/Olympus"}, ("#/timezone", "unknown-timezone")),
        ({"template": "palace@1"}, ("#/template", "unknown-template")),
        ({"template": "collective-housing"}, ("#/template", "unknown-template")),
        ({"template": "collective-housing@99"}, ("#/template", "unknown-template")),
        ({"template": None}, ("#/parameters", "no-template")),
        ({"parameters": {"floors": 4}}, ("#/parameters/flats_per_floor", "required")),
        ({"parameters": {"floors": -1, "flats_per_floor": 1}}, ("#/parameters/floors", "minimum")),
        ({"parameters": [4, 4]}, ("#/parameters", "not_a_dict")),
        (
            {"parameters": {"floors": 200, "flats_per_floor": 1000}},
            ("#/parameters", "too-many-spaces"),
        ),
        ({"location": {"latitude": 91, "longitude": 0}}, ("#/location/latitude", "max_value")),
        ({"location": {"latitude": 45}}, ("#/location/longitude", "required")),
        ({"address": {"city": 4}}, ("#/address/city", "not_text")),
        ({"organisation": "x"}, ("#/organisation", "invalid")),
    ],
)
def test_wrong_member_is_named_and_nothing_is_written(
    shipped: None, as_: Client, bob: User, change: dict[str, Any], expected: tuple[str, str]
) -> None:
    response = as_(bob).post(URL, with_(**change))

    assert expected in faults(response)
    assert not Site.objects.exists()
    assert not Node.objects.exists()


@pytest.mark.parametrize("name", ["🏠 Maison", "بيت", "a\u202eb"])
def test_names_may_be_in_any_script(as_: Client, bob: User, name: str) -> None:
    assert as_(bob).post(URL, {"name": name}).json()["name"] == name


@pytest.mark.parametrize("status", [VersionStatus.DRAFT, VersionStatus.DEPRECATED])
def test_only_a_published_version_is_built(
    as_: Client, bob: User, organisation: Organisation, status: str
) -> None:
    make_version(organisation, status=status)

    response = as_(bob).post(URL, {"name": "Park", "template": "car-park@1"})

    assert faults(response) == {("#/template", "not-published")}


def test_template_of_another_organisation_does_not_exist(as_: Client, bob: User) -> None:
    make_version(make_organisation())

    response = as_(bob).post(URL, {"name": "Park", "template": "car-park@1"})

    assert faults(response) == {("#/template", "unknown-template")}


def test_broken_cardinality_is_refused(as_: Client, bob: User, organisation: Organisation) -> None:
    make_version(organisation)

    body = {"name": "Park", "template": "car-park@1", "parameters": {"decks": 12}}
    response = as_(bob).post(URL, body)

    assert faults(response) == {("#/parameters", "cardinality")}


def test_viewer_may_not_build(as_: Client, vera: User) -> None:
    response = as_(vera).post(URL, {"name": "Shed"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "role-missing")


def test_token_without_the_scope_may_not_build(as_: Client, bob: User) -> None:
    response = as_(bob, "sites:read").post(URL, {"name": "Shed"})

    assert_problem(response, HTTPStatus.FORBIDDEN, "scope-missing")


def test_organisation_of_others_is_refused(as_: Client, bob: User) -> None:
    response = as_(bob).post(URL, {"name": "Shed", "organisation": str(make_organisation().pk)})

    assert faults(response) == {("#/organisation", "required")}


def test_who_acts_in_two_organisations_names_one(as_: Client, bob: User) -> None:
    other = make_organisation()
    other.b2b_users.create(user=bob, role="operator")
    client = as_(bob)

    assert faults(client.post(URL, {"name": "Shed"})) == {("#/organisation", "required")}
    response = client.post(URL, {"name": "Shed", "organisation": str(other.pk)})
    assert response.json()["organisation"] == str(other.pk)


def test_same_idempotency_key_builds_once(shipped: None, as_: Client, bob: User) -> None:
    client = as_(bob)

    first, second = (client.post(URL, TILLEULS, headers={"Idempotency-Key": "a"}) for _ in "ab")

    assert first.json()["id"] == second.json()["id"]
    assert Site.objects.count() == 1


def test_time_zone_of_the_organisation_is_the_default(as_: Client) -> None:
    organisation = make_organisation(time_zone="Europe/Zurich")
    user = make_member(organisation, role="operator")

    assert as_(user).post(URL, {"name": "Shed"}).json()["timezone"] == "Europe/Zurich"
