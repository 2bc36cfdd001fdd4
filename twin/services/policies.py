"""What the keepers of a site read of its flats for the time somebody lives there."""

from django.db import transaction
from django.utils import timezone

from twin.models import PolicyChange, Site
from twin.signals import site_policy_changed


@transaction.atomic
def change_policy(site: Site, *, occupied_view: str | None = None) -> Site:
    """Set the finest that keepers read of occupied flats.

    Tightening it counts at once and for all time, loosening it from now on: what was lived under a
    tighter policy stays as it was. Residents are told by the event of the change.
    """
    site = Site.objects.select_for_update(of=("self",), no_key=True).get(pk=site.pk)
    before = site.occupied_view
    if occupied_view is None or occupied_view == before:
        return site
    site.occupied_view = occupied_view
    site.save(update_fields=["occupied_view", "updated_at"])
    now = timezone.now()
    PolicyChange.objects.create(site=site, at=now, before=before, after=occupied_view)
    site_policy_changed.send(sender=Site, site=site, before=before, after=occupied_view)
    return site
