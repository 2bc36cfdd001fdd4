"""The form by which a user says what an application may do, see, and for how long.

Used by the consent page, the device page and the page of one's apps. It works without script: the
buttons that unfold places or search for one send the form, which comes back as it was.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import periods
from accounts.choices import Resolution
from accounts.form_fields import IdsField, choice, day
from accounts.models import Application, Consent, User
from accounts.place_browser import PlaceBrowser
from accounts.places import registry
from accounts.principals import Principal
from accounts.scopes import ALWAYS_GRANTED, SCOPES, WITH_SERIES, WITHOUT_PLACES, sentence_of
from accounts.selectors import principal_of_user
from accounts.services.consents import standing_terms
from accounts.terms import Terms

ALL, CHOSEN = "all", "chosen"
# Buttons that change what is shown and nothing else.
BROWSING = ("find", "open", "close")
WHERE = {
    ALL: _("All my places, also those to come"),
    CHOSEN: _("Only the places I choose"),
}


class ConsentForm(forms.Form):
    """What is asked for, all of which the user may narrow; a consent that stands fills it in."""

    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Leave at least one of these, or refuse."),
            "invalid_choice": _("It does not ask for this."),
        },
    )
    where = choice(_("Where"), WHERE.items())
    nodes = IdsField(required=False)
    opened = IdsField(required=False)
    q = forms.CharField(required=False, max_length=100, strip=True)
    history = choice(_("How far back"))
    history_on = day(_("From a date"))
    resolution = choice(_("How fine"))
    until = choice(_("Until when"))
    until_on = day(_("Last day"))

    def __init__(
        self,
        data: Any = None,
        *,
        user: User,
        application: Application,
        asked: Collection[str],
        consent: Consent | None = None,
    ) -> None:
        self.user, self.application, self.consent = user, application, consent
        self.asked = [scope for scope in SCOPES if scope in asked]
        self.now = timezone.now()
        self.zone = ZoneInfo(user.time_zone)
        self.principal = self._principal()
        self.standing = standing_terms(consent) if consent else None
        # Faults are told once the user has decided, not while they look for a place.
        self.is_checked = False
        super().__init__(data, prefix=None, auto_id="id_%s", use_required_attribute=False)
        self._offer()
        self._leave_out()
        self.initial = self._initial()

    def _principal(self) -> Principal:
        """Return by whose rights places are shown and chosen."""
        return principal_of_user(self.user)

    # What is offered -----------------------------------------------------------------------------

    def _offer(self) -> None:
        """Fill in the choices."""
        offered = {*self.asked, *(self.standing.scopes if self.standing else ())}
        ordered = [scope for scope in SCOPES if scope in offered - ALWAYS_GRANTED]
        self._choices("scopes", [(scope, sentence_of(scope)) for scope in ordered])
        self.fields["scopes"].required = not self.always
        self._choices("history", self._with_kept(periods.HISTORY, "history_from"))
        self._choices("resolution", periods.RESOLUTIONS.items())
        self._choices("until", self._with_kept(periods.UNTIL, "expires_at"))

    def _choices(self, name: str, choices: Iterable[tuple[Any, Any]]) -> None:
        field: Any = self.fields[name]
        field.choices = list(choices)

    def _with_kept(self, words: dict[str, Any], term: str) -> list[tuple[str, Any]]:
        """Return the words, headed by what stands where that is a moment."""
        moment = getattr(self.standing, term, None)
        if moment is None:
            return list(words.items())
        return [(periods.KEPT, self.kept_text(term, moment)), *words.items()]

    def kept_text(self, term: str, moment: datetime) -> str:
        """Return in words that a moment stays as it stands."""
        shown = date_format(timezone.localtime(moment, self.zone), "DATE_FORMAT")
        if term == "history_from":
            return gettext("As now: from %(date)s") % {"date": shown}
        return gettext("As now: until %(date)s") % {"date": shown}

    def _leave_out(self) -> None:
        """Ask neither where nor when of what is about no place and no time."""
        scopes = {name for name, _label in self.fields["scopes"].choices}  # type: ignore[attr-defined]
        if not scopes:
            del self.fields["scopes"]
        if not scopes - WITHOUT_PLACES:
            del self.fields["where"], self.fields["nodes"]
        if not scopes & WITH_SERIES:
            del self.fields["history"], self.fields["history_on"], self.fields["resolution"]

    def _initial(self) -> dict[str, Any]:
        """Return what stands, for what was asked before; else what is asked for, for a year."""
        known = self.standing or Terms(frozenset())
        places = known.nodes
        if "where" in self.fields and not known.scopes - WITHOUT_PLACES:
            places = self._default_nodes()
        is_answered = bool(known.scopes & WITH_SERIES)
        return {
            "scopes": [*({*self.asked, *known.scopes} - ALWAYS_GRANTED)],
            "where": ALL if places is None else CHOSEN,
            "nodes": [str(node) for node in places or ()],
            "history": _word(known.history_from, "all") if is_answered else "month",
            "resolution": known.resolution if is_answered else Resolution.RAW,
            "until": _word(known.expires_at, "withdrawn") if self.standing else "year",
        }

    def _default_nodes(self) -> frozenset[UUID] | None:
        """Return no place where there are several to choose from: the user says which."""
        return frozenset() if len(self.browser.top) > 1 else None

    @cached_property
    def browser(self) -> PlaceBrowser:
        """Return the places to choose from, unfolded as far as the user has."""
        return PlaceBrowser(self, registry.book)

    @property
    def is_browsing(self) -> bool:
        """Say whether the form was sent to look for places, not to decide."""
        return self.is_bound and any(name in self.data for name in BROWSING)

    @property
    def always(self) -> list[str]:
        """Return in words what comes with any yes."""
        return [sentence_of(scope) for scope in self.asked if scope in ALWAYS_GRANTED]

    @property
    def new_scopes(self) -> set[str]:
        """Return what is asked for beyond a consent that stands."""
        return set(self.asked) - self.standing.scopes if self.standing else set()

    # What is given -------------------------------------------------------------------------------

    def full_clean(self) -> None:
        """Check what was given, unless the user is still looking."""
        self._errors = ErrorDict()
        if not self.is_browsing:
            self.is_checked = self.is_bound
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        """Check what depends on more than one field, or on the user's rights."""
        given = dict(self.cleaned_data)
        if given.get("where") == CHOSEN and "nodes" in given:
            self._check_places(given["nodes"])
        self._check_scopes(given.get("scopes", ()))
        self._check_day("history", "history_on", is_past=True)
        self._check_day("until", "until_on", is_past=False)
        return given

    def _check_scopes(self, chosen: Collection[str]) -> None:
        is_anything_left = set(chosen) & set(self.asked) or ALWAYS_GRANTED & set(self.asked)
        if "scopes" in self.fields and not is_anything_left and "scopes" not in self.errors:
            self.add_error("scopes", self.fields["scopes"].error_messages["required"])

    def _check_places(self, nodes: frozenset[UUID]) -> None:
        if not nodes:
            self.add_error("nodes", gettext("Choose at least one place."))
        elif nodes - registry.book.named(self.principal, nodes).keys():
            self.add_error("nodes", self.fields["nodes"].error_messages["invalid"])

    def _check_day(self, name: str, date_name: str, *, is_past: bool) -> None:
        if self.cleaned_data.get(name) != periods.DATE or date_name in self.errors:
            return
        chosen = self.cleaned_data.get(date_name)
        today = timezone.localtime(self.now, self.zone).date()
        if chosen is None:
            self.add_error(date_name, gettext("Choose a date."))
        elif is_past and chosen > today:
            self.add_error(date_name, gettext("This date is still to come."))
        elif not is_past and chosen < today:
            self.add_error(date_name, gettext("This date is past."))

    def terms(self) -> Terms:
        """Return the terms as given; of what was not asked, what stands."""
        given, standing = self.cleaned_data, self.standing or Terms(frozenset())
        always = ALWAYS_GRANTED & (set(self.asked) | standing.scopes)
        is_everywhere = "where" in given and given["where"] == ALL
        return Terms(
            scopes=frozenset(given.get("scopes", ())) | always,
            nodes=None if is_everywhere else given.get("nodes", standing.nodes),
            history_from=self._history_from(standing),
            resolution=Resolution(given.get("resolution", standing.resolution)),
            expires_at=self._expires_at(standing),
        )

    def _history_from(self, standing: Terms) -> datetime | None:
        word = self.cleaned_data.get("history", periods.KEPT)
        if word == periods.KEPT:
            return standing.history_from
        if word == periods.DATE:
            return periods.start_of(self.cleaned_data["history_on"], self.zone)
        return periods.history_from(word, self.now)

    def _expires_at(self, standing: Terms) -> datetime | None:
        word = self.cleaned_data["until"]
        if word == periods.KEPT:
            return standing.expires_at
        if word == periods.DATE:
            return periods.end_of(self.cleaned_data["until_on"], self.zone)
        return periods.expires_at(word, self.now)


def _word(moment: datetime | None, endless: str) -> str:
    return endless if moment is None else periods.KEPT
