"""What plans change beside the tree: ways to devices, views and edges across sites."""

import pytest

from accounts.models import Organisation
from devices.models import Placement
from tests.devices.factories import make_device
from tests.twin.factories import make_relationship, make_site, make_space
from tests.twin.planning.buildings import make_park, named, plan
from twin.errors import PlanNotUndoable, PlanOutdated
from twin.models import Plan, Relationship, Site, View
from twin.services.applying import apply_plan
from twin.services.reshaping_plans import plan_merge
from twin.services.undoing import undo_plan
from twin.services.views import add_members, change_view, create_view

pytestmark = pytest.mark.django_db


def test_plan_that_moves_a_space_keeps_the_way_to_its_devices(organisation: Organisation) -> None:
    site = make_park(organisation)
    park, one, two, bay = (named(site, name) for name in ("Park", "Deck 1", "Deck 2", "Bay 2.01"))
    device = make_device(organisation, site=site, space=bay)

    made = apply_plan(plan_merge(site, two.pk, into=one.pk))

    ways = Placement.objects.filter(device=device).order_by("period").values_list("spaces")
    assert [way for (way,) in ways] == [[park.pk, two.pk, bay.pk], None]
    undo_plan(made)
    ways = Placement.objects.filter(device=device).order_by("period").values_list("spaces")
    assert [way for (way,) in ways][1:] == [[park.pk, one.pk, bay.pk], None]


class TestViewsAcrossSites:
    """A view across all sites names a space or a kind of the site."""

    @pytest.fixture
    def site(self, organisation: Organisation) -> Site:
        return make_park(organisation)

    @pytest.fixture
    def view(self, site: Site) -> View:
        deck = named(site, "Deck 2")
        rule = {"inside": {"spaces": [str(deck.pk)]}}
        view = create_view(organisation=site.organisation_id, name="Everywhere", rule=rule)
        add_members(view, nodes=[deck.pk], principal=None)
        return view

    def merge(self, site: Site) -> Plan:
        return plan_merge(site, named(site, "Deck 2").pk, into=named(site, "Deck 1").pk)

    def test_view_names_the_space_that_stays_until_it_is_undone(
        self, site: Site, view: View
    ) -> None:
        one, before = named(site, "Deck 1"), view.rule
        far = make_space(make_site(site.organisation), name="Far")
        make_relationship(named(site, "Deck 2"), far, site=None)

        made = self.merge(site)
        assert "The rule of the view Everywhere names Deck 1 then." in made.notes
        apply_plan(made)

        view.refresh_from_db()
        assert view.rule == {"inside": {"spaces": [str(one.pk)]}}
        assert list(view.nodes.values_list("pk", flat=True)) == [one.pk]
        edge = Relationship.objects.get(target=far.pk)
        assert (edge.source_id, edge.site_id) == (one.pk, None)
        undo_plan(made)
        view.refresh_from_db()
        assert view.rule == before

    def test_view_edited_since_outruns_the_plan_and_its_undo(self, site: Site, view: View) -> None:
        early = self.merge(site)
        change_view(view, rule={"not": view.rule})
        with pytest.raises(PlanOutdated, match="1 changed"):
            apply_plan(early)

        made = apply_plan(self.merge(site))
        change_view(View.objects.get(pk=view.pk), rule={"kinds": ["deck"]})

        with pytest.raises(PlanNotUndoable, match="what it wrote has been changed"):
            undo_plan(made)

    def test_upgrade_tells_of_views_that_name_a_kind_by_its_old_name(
        self, site: Site, view: View
    ) -> None:
        rule = {"inside": {"kinds": ["deck", "bay"]}}
        View.objects.filter(pk=view.pk).update(rule=rule)

        notes = plan(site).notes

        assert (
            "The view Everywhere, across all sites, names bay, here place then: let it name both."
            in notes
        )
        assert View.objects.get(pk=view.pk).rule == rule
