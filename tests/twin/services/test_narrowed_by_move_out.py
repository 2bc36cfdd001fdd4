"""Moving out narrows what applications see, and they are told so."""

from typing import Any

from accounts.models import Consent, User
from accounts.signals import consent_narrowed, consent_revoked
from tests import factories
from tests.twin import factories as twin
from twin.services.consents import end_consents_for, limit_consent


def heard_of(deed: Any) -> list[tuple[str, Any, Any]]:
    """Return which news of consents a deed makes: what, of which consent, which terms."""
    news: list[tuple[str, Any, Any]] = []

    def narrowed(sender: Any, *, consent: Consent, fields: Any, **kwargs: Any) -> None:
        news.append(("narrowed", consent.pk, fields))

    def revoked(sender: Any, *, consent: Consent, **kwargs: Any) -> None:
        news.append(("revoked", consent.pk, None))

    consent_narrowed.connect(narrowed)
    consent_revoked.connect(revoked)
    try:
        deed()
    finally:
        consent_narrowed.disconnect(narrowed)
        consent_revoked.disconnect(revoked)
    return news


def test_consent_to_more_than_the_flat_becomes_narrower(dora: User) -> None:
    flat, home = twin.make_space(twin.make_site()), twin.make_home(dora)
    application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(dora, application)
    limit_consent(consent=consent, nodes=[flat.pk, home.pk])

    news = heard_of(lambda: end_consents_for(twin.make_occupancy(flat, dora)))

    assert news == [("narrowed", consent.pk, ["nodes"])]


def test_consent_to_the_flat_alone_is_withdrawn(dora: User) -> None:
    flat = twin.make_space(twin.make_site())
    application = factories.make_application(factories.make_organisation())
    consent = factories.make_consent(dora, application)
    limit_consent(consent=consent, nodes=[flat.pk])

    news = heard_of(lambda: end_consents_for(twin.make_occupancy(flat, dora)))

    assert news == [("revoked", consent.pk, None)]


def test_consent_to_all_places_is_left_to_the_rights_of_its_user(dora: User) -> None:
    flat = twin.make_space(twin.make_site())
    factories.make_consent(dora, factories.make_application(factories.make_organisation()))

    assert heard_of(lambda: end_consents_for(twin.make_occupancy(flat, dora))) == []
