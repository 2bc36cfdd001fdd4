"""Who could see what at a time: by what was on record then, also if it is gone since."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.explain import Limit, Party, Subject, Verdict, explain
from accounts.models import Application, B2BUser, Consent, Organisation, User
from accounts.services.consents import revoke_consent
from tests import factories as people
from tests.twin import factories
from twin.models import ConsentNode, Grant, NodeModel, Occupancy, Site, SiteMember, Space
from twin.selectors.explaining import NodeExplainer
from twin.services.grants import revoke_grant
from twin.services.members import remove_site_member
from twin.services.occupancies import end_occupancy
from twin.services.policies import change_policy

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


@pytest.fixture
def flat(organisation: Organisation) -> Space:
    return factories.make_space(factories.make_site(organisation), name="Flat")


def verdict(
    node: NodeModel,
    user: User | None,
    at: datetime,
    *,
    scope: str = "devices:read",
    app: Application | None = None,
) -> Verdict:
    subject = Subject(user.pk if user else None, app.pk if app else None)
    return explain(subject, explainer=NodeExplainer(), thing=node.pk, scope=scope, at=at)


def parties(node: NodeModel, at: datetime) -> set[tuple[str, str]]:
    found: list[Party] = list(NodeExplainer().who(node.pk, at=at))
    return {(party.email, party.path.way) for party in found if party.user}


def allowed(node: NodeModel, user: User, *moments: datetime) -> list[bool]:
    return [verdict(node, user, moment).allowed for moment in moments]


def test_revoked_grant_still_explains_the_time_in_which_it_stood(
    flat: Space, charlie: User
) -> None:
    before = timezone.now()
    grant = factories.make_grant(flat, charlie)
    meanwhile = timezone.now()
    revoke_grant(grant)

    assert allowed(flat, charlie, before, meanwhile, timezone.now()) == [False, True, False]
    (path,) = verdict(flat, charlie, meanwhile).paths
    assert (path.way, path.given_by, path.on) == ("grant", grant.pk, flat.pk)
    assert (charlie.email, "grant") in parties(flat, meanwhile)
    assert (charlie.email, "grant") not in parties(flat, before) | parties(flat, timezone.now())


def test_grant_to_an_organisation_is_explained_after_it_was_revoked(flat: Space) -> None:
    installers = people.make_organisation()
    fitter = people.make_member(installers, role="viewer")
    grant = factories.make_grant(flat, installers, role="operator")
    meanwhile = timezone.now()
    Grant.objects.filter(pk=grant.pk).delete()

    (path,) = verdict(flat, fitter, meanwhile).paths
    assert (path.level, allowed(flat, fitter, timezone.now())) == ("see", [False])
    assert (fitter.email, "grant") in parties(flat, meanwhile)


def test_role_of_then_counts_not_that_of_now(
    organisation: Organisation, flat: Space, vera: User
) -> None:
    as_viewer = timezone.now()
    member = B2BUser.objects.get(user=vera, organisation=organisation)
    member.role = "admin"
    member.save()
    as_admin = timezone.now()
    member.delete()

    asked = [as_viewer, as_admin, timezone.now()]
    writes = [verdict(flat, vera, at, scope="sites:write").allowed for at in asked]
    assert (writes, allowed(flat, vera, *asked)) == ([False, True, False], [True, True, False])


def test_membership_that_was_ended_opened_the_home_until_then(dora: User, charlie: User) -> None:
    home = factories.make_home(dora)
    before = timezone.now()
    member = factories.make_site_member(home, charlie, role="guest")
    meanwhile = timezone.now()
    remove_site_member(member)

    assert allowed(home, charlie, before, meanwhile, timezone.now()) == [False, True, False]
    assert not SiteMember.objects.filter(user=charlie).exists()


def test_membership_that_ran_out_by_its_time(dora: User, charlie: User) -> None:
    home = factories.make_home(dora)
    until = timezone.now() + MONTH
    factories.make_site_member(home, charlie, role="guest", ends_at=until)

    moments = [timezone.now(), until - MONTH / 2, until, until + MONTH]
    assert allowed(home, charlie, *moments) == [True, True, False, False]


def test_occupancy_that_ended_explains_its_period_alone(flat: Space, dora: User) -> None:
    since = timezone.now()
    occupancy = factories.make_occupancy(flat, dora, since=since)
    meanwhile = timezone.now()
    end_occupancy(occupancy)

    assert allowed(flat, dora, since - MONTH, meanwhile, timezone.now()) == [False, True, False]
    (path,) = verdict(flat, dora, meanwhile).paths
    assert (path.since, path.until) == (since, None), "its end was not on record then"
    assert (dora.email, "occupancy") in parties(flat, meanwhile)


def test_occupancy_recorded_after_the_fact_let_nobody_in_before(flat: Space, dora: User) -> None:
    before = timezone.now()
    factories.make_occupancy(flat, dora, since=before - MONTH)

    assert allowed(flat, dora, before, timezone.now()) == [False, True]


def test_consent_withdrawn_with_the_flat_is_explained_as_it_was(
    flat: Space, dora: User, meter_app: Application
) -> None:
    occupancy = factories.make_occupancy(flat, dora, since=timezone.now() - MONTH)
    consent = people.make_consent(dora, meter_app, is_limited=True, resolution="1d")
    ConsentNode.objects.create(consent=consent, node_id=flat.pk)
    meanwhile = timezone.now()
    end_occupancy(Occupancy.objects.get(pk=occupancy.pk))

    then = verdict(flat, dora, meanwhile, app=meter_app)
    now = verdict(flat, dora, timezone.now(), app=meter_app)
    assert (then.allowed, now.allowed) == (True, False)
    assert then.limits == (Limit("consent", "1d", None, consent.pk, (flat.pk,)),)
    assert now.missing[0].kind == "consent"


def test_consent_narrowed_since_was_wider_then(dora: User, meter_app: Application) -> None:
    home = factories.make_home(dora)
    consent = people.make_consent(dora, meter_app)
    meanwhile = timezone.now()
    Consent.objects.filter(pk=consent.pk).update(resolution="1mo", scopes=["sites:read"])
    narrowed = timezone.now()
    revoke_consent(consent=Consent.objects.get(pk=consent.pk))

    moments = (meanwhile, narrowed, timezone.now())
    found = [verdict(home, dora, at, app=meter_app) for at in moments]
    assert [one.allowed for one in found] == [True, False, False]
    assert [one.missing[0].kind for one in found[1:]] == ["scope", "consent"]
    assert (found[0].limits, found[1].limits[0].resolution) == ((), "1mo")


def test_policy_loosened_since_limits_what_was_lived_before(
    flat: Space, dora: User, alice: User
) -> None:
    factories.make_occupancy(flat, dora, since=timezone.now() - MONTH)
    before = timezone.now()
    change_policy(Site.objects.get(pk=flat.site_id), occupied_view="1h")

    then, now = (verdict(flat, alice, at).limits for at in (before, timezone.now()))
    assert [(one.by, one.resolution) for one in (*then, *now)] == [
        ("policy", "1mo"),
        ("policy", "1h"),
    ]
    assert verdict(flat, dora, timezone.now()).limits == (), "one's own flat is one's own"


def test_empty_flat_is_limited_by_no_policy(flat: Space, alice: User) -> None:
    assert verdict(flat, alice, timezone.now()).limits == ()
