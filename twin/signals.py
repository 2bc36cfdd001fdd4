"""News of twin, sent inside the transaction that makes it so.

Every signal carries the thing under its noun (``site``, ``space``, ``view``, ``relationship``).
``*_updated`` also carries ``changes`` (names of the fields that changed, sorted). A building made
from a template is one ``site_created`` with ``counts``, not a signal for each of its spaces.

``site_deleting`` and ``space_deleting`` come before anything is deleted: a receiver that has
something inside raises a DomainError (`SiteOccupied`, `SpaceOccupied`) and nothing happens. For a
space, everything below it goes too: ``Space.objects.within(space)``.
"""

from django.dispatch import Signal

site_created = Signal()
site_updated = Signal()
site_deleting = Signal()
site_deleted = Signal()
space_created = Signal()
space_updated = Signal()
space_deleting = Signal()
space_deleted = Signal()
view_created = Signal()
view_updated = Signal()
view_deleted = Signal()
relationship_created = Signal()
relationship_deleted = Signal()
