"""When an application last used a consent: noted once in some minutes, beside the request."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import tasks
from accounts.models import Application, Consent, User
from accounts.services.consents import USE_NOTED_EVERY, record_use
from tests import factories


def client_of(consent: Consent) -> APIClient:
    client = APIClient()
    token = factories.make_access_token(consent.application, consent=consent)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_first_of_many_requests_asks_a_worker_to_note_it(
    dora: User,
    meter_app: Application,
    django_capture_on_commit_callbacks: Any,
    monkeypatch: Any,
) -> None:
    consent = factories.make_consent(dora, meter_app)
    monkeypatch.setattr(tasks.record_use, "delay", tasks.record_use)
    client = client_of(consent)

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        for _ in range(3):
            client.get("/api/v1/sites/")

    assert len(callbacks) == 1
    assert Consent.objects.get().last_used_at is not None


def test_request_is_not_slowed_by_a_query(dora: User, meter_app: Application) -> None:
    consent = factories.make_consent(dora, meter_app)
    client = client_of(consent)

    with CaptureQueriesContext(connection) as first:
        client.get("/api/v1/sites/")
    with CaptureQueriesContext(connection) as second:
        client.get("/api/v1/sites/")

    assert len(first) == len(second)


def test_recent_note_asks_nobody(
    dora: User, meter_app: Application, django_capture_on_commit_callbacks: Any
) -> None:
    consent = factories.make_consent(dora, meter_app, last_used_at=timezone.now())

    with django_capture_on_commit_callbacks() as callbacks:
        client_of(consent).get("/api/v1/sites/")

    assert callbacks == []


def test_application_for_itself_uses_no_consent(
    meter_app: Application, django_capture_on_commit_callbacks: Any
) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {factories.make_access_token(meter_app)}")

    with django_capture_on_commit_callbacks() as callbacks:
        client.get("/api/v1/sites/")

    assert callbacks == []


def test_noting_twice_writes_once(dora: User, meter_app: Application) -> None:
    consent = factories.make_consent(dora, meter_app)
    record_use(consent=consent.pk)
    noted = Consent.objects.get().last_used_at

    record_use(consent=consent.pk)

    assert Consent.objects.get().last_used_at == noted


def test_old_note_is_renewed_and_leaves_the_version_as_it_is(
    dora: User, meter_app: Application
) -> None:
    old = timezone.now() - USE_NOTED_EVERY - timedelta(seconds=1)
    consent = factories.make_consent(dora, meter_app, last_used_at=old)

    record_use(consent=consent.pk)

    after = Consent.objects.get()
    assert after.last_used_at is not None
    assert after.last_used_at > old
    assert after.updated_at == consent.updated_at


def test_note_of_a_consent_that_is_gone_does_nothing(db: None) -> None:
    tasks.record_use(str(uuid4()))
