"""The page "Who can see this?": why somebody may do something to an object, and who sees it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.explain import Subject, explain
from accounts.models import Application, User
from accounts.scopes import SCOPES, WITHOUT_PLACES
from twin.admin.wording import Words, words_for
from twin.models import Node, Site, Space
from twin.selectors.explaining import NodeExplainer

MOST_SHOWN = 500
MOST_OFFERED = 10
PLACE_SCOPES = [
    (name, f"{name}: {sentence}") for name, sentence in SCOPES.items() if name not in WITHOUT_PLACES
]


class QuestionForm(forms.Form):
    """Who, through which application, may do what, to which object, and when."""

    object = forms.CharField(
        help_text="The id of a site, space, view, gateway, device or asset, or a name of a place."
    )
    person = forms.CharField(
        required=False, help_text="E-mail address or id. Left empty: everybody who sees it."
    )
    application = forms.CharField(
        required=False, help_text="Client id or name. With a person: as far as they consented."
    )
    action = forms.ChoiceField(label="Deed", choices=PLACE_SCOPES, initial="devices:read")
    at = forms.DateTimeField(
        required=False,
        label="Time (UTC)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}),
        help_text="Left empty: now.",
    )

    offered: list[Any]

    def clean_object(self) -> Node | None:
        """Find the node by its id, or a place by its name; offer those that may be meant."""
        text = str(self.cleaned_data["object"]).strip()
        self.offered = []
        key = as_id(text)
        if key:
            node = Node.objects.select_related("site").filter(pk=key).first()
            return node or _refuse("There is no such object now.")
        self.offered = places_named(text)
        if len(self.offered) == 1:
            return Node.objects.select_related("site").get(pk=self.offered[0].pk)
        return _refuse("Which one is meant?" if self.offered else "No place is called so.")

    def clean_person(self) -> User | None:
        """Find the person by id or address."""
        text = str(self.cleaned_data["person"]).strip()
        if not text:
            return None
        key = as_id(text)
        condition = Q(pk=key) if key else Q(email__iexact=text)
        return User.objects.filter(condition).first() or _refuse("There is no such account.")

    def clean_application(self) -> Application | None:
        """Find the application by id, client id or name."""
        text = str(self.cleaned_data["application"]).strip()
        if not text:
            return None
        key = as_id(text)
        own = Q(pk=key) if key else Q(client_id=text) | Q(name__iexact=text)
        found = list(Application.objects.filter(own)[:2])
        if len(found) > 1:
            return _refuse("Several applications are called so: give the client id.")
        return found[0] if found else _refuse("There is no such application.")

    @property
    def asked_at(self) -> datetime:
        """Return the time asked about, now unless stated."""
        return self.cleaned_data["at"] or timezone.now()


def as_id(text: str) -> UUID | None:
    """Return the id that the text is, None if it is another word."""
    try:
        return UUID(text)
    except ValueError:
        return None


def _refuse(text: str) -> Any:
    raise ValidationError(text)


def places_named(text: str) -> list[Any]:
    """Return sites and spaces of that name, else some whose names hold it."""
    nouns: list[Any] = [Site.objects.all(), Space.objects.select_related("site")]
    for how in ("name__iexact", "name__icontains"):
        rows = [row for noun in nouns for row in noun.filter(**{how: text})[:MOST_OFFERED]]
        if rows:
            return rows[:MOST_OFFERED]
    return []


class AccessPage:
    """Adds the page to the admin of nodes."""

    def get_urls(self: Any) -> list[URLPattern]:
        """Add the address of the page."""
        page = self.admin_site.admin_view(self.access_page)
        return [path("access/", page, name="twin_node_access"), *super().get_urls()]  # type: ignore[misc]

    def access_page(self: Any, request: HttpRequest) -> HttpResponse:
        """Answer a question in words; whom and what it is about goes into the audit log."""
        if not self.has_view_permission(request):
            return self.admin_site.login(request)
        form = QuestionForm(request.GET if "object" in request.GET else None)
        context = {
            **self.admin_site.each_context(request),
            "title": "Who can see this?",
            "opts": self.opts,
            "form": form,
        }
        if form.is_bound and form.is_valid():
            request.looked_at = looked_at(form.cleaned_data)  # type: ignore[attr-defined]
            context |= answers(form)
        return render(request, "admin/twin/node/access.html", context)


def looked_at(asked: dict[str, Any]) -> dict[str, Any]:
    """Return whom and what a question is about, as the audit log names it."""
    node, person = asked["object"], asked["person"]
    return {
        "object_id": str(node.pk),
        "site_id": node.site_id,
        "organisation_id": node.organisation_id,
        "subject_id": person.pk if person else None,
    }


def answers(form: QuestionForm) -> dict[str, Any]:
    """Return the verdict, if somebody was asked about, and everybody who sees the object."""
    asked, at = form.cleaned_data, form.asked_at
    node: Node = asked["object"]
    parties = list(NodeExplainer().who(node.pk, at=at))
    shown = parties[:MOST_SHOWN]
    words = words_for([node.pk], [party.path for party in shown])
    found: dict[str, Any] = {
        "node": node,
        "name": words.name(node.pk),
        "at": at.astimezone(UTC),
        "is_now": asked["at"] is None,
        "parties": [(party, words.path(party.path)) for party in shown],
        "more": len(parties) - len(shown),
    }
    return found | _verdict(asked, at) if asked["person"] or asked["application"] else found


def _verdict(asked: dict[str, Any], at: datetime) -> dict[str, Any]:
    person, application = asked["person"], asked["application"]
    subject = Subject(_key(person), _key(application))
    verdict = explain(
        subject,
        explainer=NodeExplainer(),
        thing=asked["object"].pk,
        scope=asked["action"],
        at=at,
    )
    words = words_of(verdict)
    return {
        "verdict": verdict,
        "deed": asked["action"],
        "who": " through ".join(str(one) for one in (person, application) if one),
        "reasons": [words.path(one) for one in verdict.paths],
        "limits": [words.limit(one, application) for one in verdict.limits],
        "missing": [(words.missing(one), one) for one in verdict.missing],
    }


def _key(row: Any) -> UUID | None:
    return row.pk if row else None


def words_of(verdict: Any) -> Words:
    """Return the words for all that a verdict names."""
    chosen = [node for limit in verdict.limits for node in limit.nodes or ()]
    given = [limit.given_by for limit in verdict.limits if limit.by == "policy"]
    missing = [one.on for one in verdict.missing if one.on]
    return words_for([*chosen, *given, *missing], verdict.paths)
