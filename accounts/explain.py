"""Why somebody may or may not do something: the registry behind ``access/explain/``.

Accounts knows who asks (users, applications, consents, scopes); the apps above register, when they
are ready, who has which rights to their objects. They answer from the rules their gates use.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Protocol
from uuid import UUID

from accounts.choices import ApplicationKind, GrantType, OrganisationRole
from accounts.models import Application, User
from accounts.principals import Principal
from accounts.scopes import SCOPES
from accounts.selectors import consent_then, roles_then, terms_of


@dataclass(frozen=True, slots=True)
class Path:
    """One reason why: how somebody came by a right, what it lets them do, and on what it stands.

    ``given_by`` is the row that says so; ``on`` the organisation, site, space or thing it is about.
    """

    way: str
    level: str
    on: UUID | None = None
    given_by: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """The nearest thing that would have to be given: its kind, what, on what, in plain words."""

    kind: str
    what: str
    detail: str
    on: UUID | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """What leaves less of series than the paths would: a consent, or the policy of the site.

    ``nodes`` are those that a consent was limited to, None if it covers all.
    """

    by: str
    resolution: str
    history_from: datetime | None = None
    given_by: UUID | None = None
    nodes: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer: allowed by these paths and within these limits, or what is missing."""

    allowed: bool
    paths: tuple[Path, ...] = ()
    missing: tuple[Missing, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who sees an object, and through what."""

    path: Path
    user: UUID | None = None
    application: UUID | None = None
    organisation: UUID | None = None
    name: str = ""
    email: str = ""


class Explainer(Protocol):
    """What an app answers about its objects."""

    def is_administered(self, principal: Principal, thing: UUID) -> bool:
        """Say whether the caller may give and take access to the object."""

    def explain(self, principal: Principal, *, thing: UUID, scope: str, at: datetime) -> Verdict:
        """Say by which rights the principal may do this to the object at that time."""

    def who(self, thing: UUID, *, at: datetime) -> Iterable[Party]:
        """Return everybody who sees the object at that time."""


@dataclass
class Registry:
    """The apps' explainers, in the order in which they are asked."""

    explainers: ClassVar[list[Explainer]] = []

    def register(self, explainer: Explainer) -> None:
        """Add an app's explainer."""
        self.explainers.append(explainer)

    def administered(self, principal: Principal, thing: UUID) -> Explainer | None:
        """Return who explains an object that the caller administers, None if it is none of it."""
        for explainer in self.explainers:
            if explainer.is_administered(principal, thing):
                return explainer
        return None


registry = Registry()


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose rights are asked about: a user, an application for itself, or one for a user."""

    user: UUID | None = None
    application: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a subject is before any object is looked at: a principal, and what it lacks.

    A closed account is told only to who knows of it: where a right leads to the object.
    """

    principal: Principal = field(default_factory=Principal)
    missing: tuple[Missing, ...] = ()
    is_closed: bool = False


def standing_of(subject: Subject, *, at: datetime) -> Standing:
    """Return the principal that a token of the subject would have at that time.

    A user that nobody has stands like one without any right, so that ids of others tell nothing.
    """
    application = Application.objects.filter(pk=subject.application or UUID(int=0)).first()
    if subject.application and application is None:
        return Standing(missing=(NO_APPLICATION,))
    if subject.user is None:
        return _application_for_itself(application)
    roles = roles_then(subject.user, at)
    is_closed = User.objects.filter(pk=subject.user, is_active=False).exists()
    if application is None:
        principal = Principal(frozenset(SCOPES), subject.user, organisation_roles=roles)
        return Standing(principal, is_closed=is_closed)
    standing = _application_for_user(application, subject.user, roles=roles, at=at)
    return replace(standing, is_closed=is_closed)


def explain(
    subject: Subject, *, explainer: Explainer, thing: UUID, scope: str, at: datetime
) -> Verdict:
    """Say whether the subject may do this to the object at that time, and why."""
    standing = standing_of(subject, at=at)
    if standing.missing:
        return Verdict(allowed=False, missing=standing.missing)
    verdict = explainer.explain(standing.principal, thing=thing, scope=scope, at=at)
    lacking = list(verdict.missing)
    if not standing.principal.has_scope(scope):
        text = f"No token of this subject may hold the scope {scope!r}."
        lacking.insert(0, Missing("scope", scope, text))
    if standing.is_closed and verdict.paths:
        lacking.insert(0, NO_ACCOUNT)
    return replace(verdict, allowed=not lacking, missing=tuple(lacking))


NO_ACCOUNT = Missing("account", "active", "The account is closed.")
NO_APPLICATION = Missing(
    "application", "registered", "There is no such application, or nothing leads it here."
)
NO_CREDENTIALS = Missing(
    "grant-type", GrantType.CLIENT_CREDENTIALS, "The application may not act for itself."
)
NO_CONSENT = Missing("consent", "living", "The user has no living consent to this application.")


def _application_for_itself(application: Application | None) -> Standing:
    if application is None or GrantType.CLIENT_CREDENTIALS not in application.grant_types:
        return Standing(missing=(NO_CREDENTIALS,))
    scopes = frozenset(application.scopes)
    if application.kind == ApplicationKind.GATEWAY:
        return Standing(Principal(scopes, None, application.pk, is_gateway=True))
    roles = {application.organisation_id: OrganisationRole.ADMIN}
    return Standing(Principal(scopes, None, application.pk, organisation_roles=roles))


def _application_for_user(
    application: Application, user: UUID, *, roles: dict[UUID, OrganisationRole], at: datetime
) -> Standing:
    consent = consent_then(user, application.pk, at=at)
    if consent is None:
        return Standing(missing=(NO_CONSENT,))
    scopes = frozenset(application.scopes) & frozenset(consent.scopes)
    terms = terms_of(consent)
    return Standing(Principal(scopes, user, application.pk, organisation_roles=roles, terms=terms))
