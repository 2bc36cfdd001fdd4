"""Twin's book of places, by which accounts limits consents to sites, spaces and devices."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from accounts.models import Consent
from twin.selectors import choosing
from twin.services.consents import cover_all, limit_consent


class NodeBook:
    """Places are nodes; what somebody sees of them is what the gates say."""

    top: Any = staticmethod(choosing.top_places)
    parts: Any = staticmethod(choosing.parts_of)
    find: Any = staticmethod(choosing.find_places)
    named: Any = staticmethod(choosing.named_places)
    chosen: Any = staticmethod(choosing.chosen_nodes)
    covered: Any = staticmethod(choosing.covered_nodes)

    @staticmethod
    def cover(consent: Consent, nodes: Collection[UUID] | None) -> None:
        """Let the consent cover these nodes alone, or all with None."""
        if nodes is None:
            cover_all(consent=consent)
        else:
            limit_consent(consent=consent, nodes=nodes)
