"""The consent form on the page of one's apps: what stands, and what is less."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import periods
from accounts.consent_form import ALL, CHOSEN, WHERE, ConsentForm
from accounts.models import Consent
from accounts.places import within
from accounts.principals import Principal
from accounts.terms import Terms

ENDLESS = {
    "history_from": _("As now: all there is"),
    "expires_at": _("As now: until I withdraw it"),
}
# The term that a service refuses -> the field that tells it.
FIELDS = {
    "scopes": "scopes",
    "nodes": "nodes",
    "history_from": "history",
    "resolution": "resolution",
    "expires_at": "until",
}


class NarrowForm(ConsentForm):
    """A consent that stands, from which its user takes something away."""

    consent: Consent
    standing: Terms

    def __init__(self, data: Any = None, *, consent: Consent) -> None:
        super().__init__(
            data,
            user=consent.user,
            application=consent.application,
            asked=consent.scopes,
            consent=consent,
        )

    def _principal(self) -> Principal:
        """Show what the consent covers and nothing else."""
        return within(self.consent, super()._principal())

    def _offer(self) -> None:
        """Offer what stands, and less."""
        super()._offer()
        standing = self.standing
        history = (word for word in periods.HISTORY if self._is_later(word))
        until = (word for word in periods.UNTIL if self._is_sooner(word))
        self._choices("history", self._kept_or("history_from", history, texts=periods.HISTORY))
        self._choices("until", self._kept_or("expires_at", until, texts=periods.UNTIL))
        coarser = (word for word in periods.RESOLUTIONS if standing.resolution.allows(word))
        self._choices("resolution", [(word, periods.RESOLUTIONS[word]) for word in coarser])
        self._choices("where", [(key, WHERE[key]) for key in self._where()])

    def _where(self) -> Collection[str]:
        return (ALL, CHOSEN) if self.standing.nodes is None else (CHOSEN,)

    def _is_later(self, word: str) -> bool:
        limit = self.standing.history_from
        moment = periods.history_from(word, self.now)
        return word == periods.DATE or (moment is not None and (limit is None or moment > limit))

    def _is_sooner(self, word: str) -> bool:
        limit = self.standing.expires_at
        moment = periods.expires_at(word, self.now)
        return word == periods.DATE or (moment is not None and (limit is None or moment < limit))

    def _kept_or(self, term: str, words: Any, *, texts: dict[str, Any]) -> list[tuple[str, Any]]:
        moment: datetime | None = getattr(self.standing, term)
        kept = ENDLESS[term] if moment is None else self.kept_text(term, moment)
        return [(periods.KEPT, kept), *((word, texts[word]) for word in words)]

    def _initial(self) -> dict[str, Any]:
        """Return what stands."""
        kept = dict.fromkeys(("history", "until"), periods.KEPT)
        return {**super()._initial(), **kept, "resolution": self.standing.resolution}

    def refuse(self, terms: str) -> None:
        """Say at its fields which terms would become wider."""
        for term in terms.split(", "):
            self.add_error(FIELDS[term], gettext("This is more than you have agreed to so far."))
