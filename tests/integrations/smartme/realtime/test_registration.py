"""What is registered at the cloud follows what is wanted, from wherever a run was cut off."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Organisation
from integrations.choices import RealtimeStatus
from integrations.models import Connection, RealtimeChannel, RealtimeEndpoint
from integrations.smartme.connections import change_connection, delete_connection
from integrations.smartme.realtime import registration
from integrations.smartme.realtime.channels import renew_address
from integrations.smartme.realtime.registration import (
    claim_due_channels,
    settle_registration,
)
from integrations.smartme.simulator.registrations import Registration
from integrations.smartme.simulator.world import Key
from tests.devices.factories import make_fleet
from tests.integrations.smartme.clouds import READING_KEY, Cloud
from tests.integrations.smartme.factories import make_connection
from tests.integrations.smartme.realtime.posts import make_meter

pytestmark = pytest.mark.django_db


@pytest.fixture
def wished(organisation: Organisation, cloud: Cloud) -> Connection:
    """A connection that wants realtime; nothing is registered yet."""
    return make_connection(make_fleet(organisation), realtime=True)


def listed(cloud: Cloud) -> list[Registration]:
    return cloud.inner.registrations.listed()


def channel_of(connection: Connection) -> RealtimeChannel:
    return RealtimeChannel.objects.get(connection=connection)


def test_account_is_registered_once_under_secrets_of_its_own(
    wished: Connection, cloud: Cloud
) -> None:
    settle_registration(wished.pk)
    settle_registration(wished.pk)

    (entry,) = listed(cloud)
    assert (entry.kind, entry.meter, entry.username) == (2, None, "atrium")
    assert len(entry.password) >= 40
    assert RealtimeEndpoint.objects.get().connection == wished
    assert channel_of(wished).status == RealtimeStatus.LISTENING


def test_single_meters_are_registered_one_by_one(wished: Connection, cloud: Cloud) -> None:
    meters = [meter.id for meter in cloud.inner.accounts["tilleuls"].meters[:2]]
    RealtimeChannel.objects.update(meters=meters)

    settle_registration(wished.pk)

    assert {(entry.kind, entry.meter) for entry in listed(cloud)} == {(1, key) for key in meters}
    assert len({entry.url for entry in listed(cloud)}) == 1


def test_change_of_what_is_wanted_replaces_the_registration(
    wished: Connection, cloud: Cloud
) -> None:
    settle_registration(wished.pk)
    before = listed(cloud)[0].url
    RealtimeChannel.objects.update(meters=[cloud.inner.accounts["tilleuls"].meters[0].id])

    settle_registration(wished.pk)

    (entry,) = listed(cloud)
    assert entry.kind == 1
    assert entry.url != before
    assert RealtimeEndpoint.objects.count() == 1


def test_lost_registration_is_made_anew(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)
    cloud.inner.registrations.remove("tilleuls", listed(cloud)[0].id)

    settle_registration(wished.pk)

    assert len(listed(cloud)) == 1
    assert RealtimeEndpoint.objects.count() == 1


def test_repair_gives_new_secrets_and_takes_the_old_ones_back(
    wished: Connection, cloud: Cloud
) -> None:
    settle_registration(wished.pk)
    (before,) = listed(cloud)

    renew_address(wished)
    settle_registration(wished.pk)

    (after,) = listed(cloud)
    assert after.url != before.url
    assert after.password != before.password
    assert RealtimeEndpoint.objects.count() == 1


def test_silence_while_polling_hears_meters_makes_it_anew(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)
    (before,) = listed(cloud)
    link = make_meter(wished)
    long_ago = timezone.now() - timedelta(hours=1)
    RealtimeChannel.objects.update(registered_at=long_ago)
    type(link).objects.update(value_at=timezone.now())

    settle_registration(wished.pk)

    assert listed(cloud)[0].url != before.url


@pytest.mark.parametrize("step", ["_register", "_is_surplus"])
def test_run_that_was_cut_off_leaves_nothing_behind_for_good(
    wished: Connection, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    class Killed(BaseException):
        pass

    original = getattr(registration, step)

    def dying(*args: Any, **kwargs: Any) -> Any:
        original(*args, **kwargs)
        raise Killed

    settle_registration(wished.pk)
    renew_address(wished)
    monkeypatch.setattr(registration, step, dying)
    with pytest.raises(Killed):
        settle_registration(wished.pk)
    monkeypatch.undo()

    settle_registration(wished.pk)

    assert len(listed(cloud)) == 1
    assert RealtimeEndpoint.objects.count() == 1


def test_registrations_of_others_are_left_alone(
    wished: Connection, organisation: Organisation, cloud: Cloud
) -> None:
    twin = make_connection(make_fleet(organisation), name="Twin", realtime=True)
    settle_registration(twin.pk)
    cloud.inner.registrations.add(
        Registration("x", "tilleuls", 2, None, "https://ems.example.ch/hook", "", "")
    )

    settle_registration(wished.pk)
    delete_connection(connection=wished)
    settle_registration(wished.pk)

    assert len(listed(cloud)) == 2


def test_missing_claim_is_told_and_polling_goes_on(wished: Connection, cloud: Cloud) -> None:
    cloud.inner.accounts["tilleuls"].api_keys[READING_KEY] = Key(frozenset({"device.read"}))

    settle_registration(wished.pk)

    channel = channel_of(wished)
    assert channel.status == RealtimeStatus.TROUBLED
    assert "realtimeapi.readwrite" in channel.problem
    assert Connection.objects.get().problem == ""


def test_address_that_the_cloud_cannot_reach_is_not_registered(
    wished: Connection, settings: Any
) -> None:
    settings.SMARTME_API_URL = "https://api.smart-me.com"

    settle_registration(wished.pk)

    assert "https" in channel_of(wished).problem
    assert not RealtimeEndpoint.objects.exists()


def test_switching_realtime_off_takes_it_back(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)

    change_connection(connection=wished, changes={"realtime": False})
    settle_registration(wished.pk)

    assert listed(cloud) == []
    assert not RealtimeEndpoint.objects.exists()
    assert channel_of(wished).status == RealtimeStatus.OFF


def test_disconnecting_leaves_nothing_there_and_no_secret_here(
    wished: Connection, cloud: Cloud
) -> None:
    settle_registration(wished.pk)

    delete_connection(connection=wished)
    assert listed(cloud) != []
    assert not Connection.objects.filter(disconnected_at=None).exists()
    settle_registration(wished.pk)

    assert listed(cloud) == []
    assert not Connection.objects.exists()
    assert not RealtimeEndpoint.objects.exists()


def test_organisation_goes_after_its_connection_has_left(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)

    with pytest.raises(ProtectedError), transaction.atomic():
        wished.organisation.delete()
    delete_connection(connection=wished)
    settle_registration(wished.pk)
    wished.organisation.delete()

    assert listed(cloud) == []
    assert not Organisation.objects.filter(pk=wished.organisation_id).exists()


def test_good_bye_waits_for_a_cloud_that_is_down(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)
    cloud.fault("status", status=503)
    delete_connection(connection=wished)

    settle_registration(wished.pk)
    assert Connection.objects.exists()
    assert channel_of(wished).next_check_at > timezone.now()
    cloud.heal()
    RealtimeChannel.objects.update(next_check_at=timezone.now())

    assert claim_due_channels() == [wished.pk]
    settle_registration(wished.pk)
    assert listed(cloud) == []
    assert not Connection.objects.exists()


def test_good_bye_that_can_never_be_said_keeps_no_secret(wished: Connection, cloud: Cloud) -> None:
    settle_registration(wished.pk)
    cloud.inner.accounts["tilleuls"].api_keys.clear()
    delete_connection(connection=wished)

    settle_registration(wished.pk)

    assert not Connection.objects.exists()


def test_only_due_channels_are_claimed_and_once(wished: Connection) -> None:
    RealtimeChannel.objects.update(next_check_at=timezone.now())

    assert claim_due_channels() == [wished.pk]
    assert claim_due_channels() == []
