"""News of twin, sent inside the transaction that makes it so.

Every signal carries the thing under its noun (``site``, ``space``, ``view``, ``relationship``);
``space_created`` carries ``spaces``, for they are made in one go.
``*_updated`` also carries ``changes`` (names of the fields that changed, sorted). A building made
from a template is one ``site_created`` with ``counts``, not a signal for each of its spaces.

``site_deleting`` and ``space_deleting`` come before anything is deleted: a receiver that has
something inside raises a DomainError (`SiteOccupied`, `SpaceOccupied`) and nothing happens. For a
space, everything below it goes too: ``Space.objects.within(space)``.

``space_emptying`` asks the apps above to move what stands in ``spaces`` (ids) into the space
``into``; with ``things`` (ids) those alone. A receiver returns the ids that it has moved.
"""

from django.dispatch import Signal

site_created = Signal()
site_updated = Signal()
site_deleting = Signal()
site_deleted = Signal()
space_created = Signal()
space_updated = Signal()
space_moving = Signal()  # space, still where it was
space_emptying = Signal()
space_deleting = Signal()
space_deleted = Signal()
view_created = Signal()
view_updated = Signal()
view_deleted = Signal()
relationship_created = Signal()
relationship_updated = Signal()  # also changes
relationship_deleted = Signal()

# Access. Each carries its row: ``member``, ``grant``, ``occupancy``.
site_member_added = Signal()
site_member_changed = Signal()  # also changes
site_member_removed = Signal()
site_transferred = Signal()  # site, member: the new owner
grant_added = Signal()
grant_removed = Signal()
occupancy_started = Signal()
occupancy_ended = Signal()  # once the period is known, also when that is still to come
occupancy_sealed = Signal()  # its time is over: rights, grants and consents have ended with it
site_policy_changed = Signal()  # site, before, after

# A building changed as a whole: site, plan, is_undone. Its spaces and views send nothing each.
site_replanned = Signal()

upgrade_started = Signal()  # upgrade: also when it goes on after a pause
