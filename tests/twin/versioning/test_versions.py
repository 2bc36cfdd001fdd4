"""What the triggers keep of a row: every state that others could see, from when to when."""

import pytest
from django.db import DatabaseError, connection, transaction

from config.lib.past import as_of
from tests.factories import make_organisation
from tests.twin.factories import make_site, make_space
from tests.twin.past import DAY_0, DAY_1, DAY_2, DAY_3, backdate, versions, write_on
from twin.models import Node, Site, Space


@pytest.fixture
def flat(db: None) -> Space:
    site = backdate(make_site(make_organisation()))
    return backdate(make_space(site, name="Flat"))


def rename(space: Space, name: str) -> None:
    Space.objects.filter(pk=space.pk).update(name=name)


def test_a_row_that_never_changed_keeps_no_version_and_stands_since_it_was_made(
    flat: Space,
) -> None:
    assert versions(flat) == []
    with as_of(DAY_1):
        assert Space.objects.get(pk=flat.pk).name == "Flat"


def test_a_change_keeps_what_the_row_was_and_until_when(flat: Space) -> None:
    write_on(DAY_1)

    rename(flat, "Flat 4.3")

    (kept,) = versions(flat)
    assert (kept["name"], kept["valid_from"], kept["valid_until"]) == ("Flat", DAY_0, DAY_1)


def test_versions_follow_each_other_without_a_gap(flat: Space) -> None:
    for moment, name in ((DAY_1, "A"), (DAY_2, "B"), (DAY_3, "C")):
        write_on(moment)
        rename(flat, name)

    periods = [(kept["valid_from"], kept["valid_until"]) for kept in versions(flat)]
    assert periods == [(DAY_0, DAY_1), (DAY_1, DAY_2), (DAY_2, DAY_3)]


def test_several_changes_of_one_transaction_leave_one_version(flat: Space) -> None:
    write_on(DAY_1)

    rename(flat, "A")
    rename(flat, "B")

    assert [kept["name"] for kept in versions(flat)] == ["Flat"]


def test_what_one_transaction_makes_and_deletes_leaves_nothing(flat: Space) -> None:
    passing = make_space(flat.site, flat)
    rename(passing, "Passing")

    passing.delete()

    assert versions(passing) == []


def test_a_write_that_changes_nothing_leaves_no_version(flat: Space) -> None:
    write_on(DAY_1)

    flat.save()

    assert versions(flat) == []


def test_a_deleted_row_is_there_until_it_was_deleted(flat: Space) -> None:
    write_on(DAY_2)

    Node.objects.filter(pk=flat.pk).delete()

    with as_of(DAY_1):
        assert Space.objects.filter(pk=flat.pk).exists()
    with as_of(DAY_2):
        assert not Space.objects.filter(pk=flat.pk).exists()


def test_at_the_moment_of_a_change_the_new_state_holds(flat: Space) -> None:
    write_on(DAY_1)
    rename(flat, "New")

    with as_of(DAY_1):
        assert Space.objects.get(pk=flat.pk).name == "New"


def test_before_a_row_was_made_it_is_not_there(flat: Space) -> None:
    with as_of(DAY_0.replace(year=2024)):
        assert not Space.objects.filter(pk=flat.pk).exists()
        assert not Site.objects.filter(pk=flat.site_id).exists()


def test_a_row_made_again_under_its_id_is_gone_in_between(flat: Space) -> None:
    write_on(DAY_1)
    Space.objects.filter(pk=flat.pk)._raw_delete("default")
    flat.save(force_insert=True)
    backdate(flat, DAY_3)

    found = []
    for moment in (DAY_0, DAY_2, DAY_3):
        with as_of(moment):
            found.append(Space.objects.filter(pk=flat.pk).exists())

    assert found == [True, False, True]


def test_journeys_nest_and_end_where_they_began(flat: Space) -> None:
    write_on(DAY_2)
    rename(flat, "New")

    with as_of(DAY_2):
        with as_of(DAY_1):
            assert Space.objects.get(pk=flat.pk).name == "Flat"
        assert Space.objects.get(pk=flat.pk).name == "New"
    rename(flat, "Newer")
    assert Space.objects.get(pk=flat.pk).name == "Newer"


def test_the_past_cannot_be_written_to(flat: Space) -> None:
    with as_of(DAY_1), pytest.raises(DatabaseError, match="read-only"), transaction.atomic():
        rename(flat, "Never")


def test_a_journey_that_fails_leads_back(flat: Space) -> None:
    with pytest.raises(ZeroDivisionError), as_of(DAY_1):
        raise ZeroDivisionError

    rename(flat, "Now")
    assert Space.objects.get(pk=flat.pk).name == "Now"


def test_one_change_holds_all_that_its_transaction_ended(flat: Space) -> None:
    write_on(DAY_1)

    rename(flat, "A")
    Site.objects.filter(pk=flat.site_id).update(name="B")

    ids = {versions(row)[0]["change_id"] for row in (flat, flat.site)}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT change_id FROM accounts_auditentry WHERE object_id = %s AND action = 'updated'",
            [str(flat.pk)],
        )
        (audited,) = cursor.fetchone()
    assert ids == {audited}
