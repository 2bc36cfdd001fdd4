"""Activation of gateways: one code, one set of credentials, whoever is quickest."""

from typing import Any

import pytest

from accounts.choices import ApplicationKind
from accounts.models import AccessToken, Application, AuditEntry, Organisation
from config.lib.errors import InvalidInput
from devices.choices import AssetStatus
from devices.errors import AssetNotActive, ClaimCodeUsed, ClaimRefused, CredentialsMissing
from devices.models import Asset, Gateway
from devices.services import assets, gateways
from devices.services.assets import Declaration, Declared
from devices.services.gateway_access import (
    GATEWAY_SCOPES,
    Credentials,
    activate_gateway,
    revoke_credentials,
    rotate_credentials,
)
from integrations.models import Event
from tests.devices.factories import make_fleet
from tests.factories import make_access_token, make_organisation
from tests.racing import at_once
from tests.twin.factories import make_site

pytestmark = pytest.mark.django_db


def declare(organisation: Organisation, **overrides: Any) -> Declared:
    fields = {"manufacturer": "Acme", "serial": "0042", "role": "gateway", **overrides}
    return assets.declare_asset(Declaration(fleet=make_fleet(organisation), **fields))


def activate(declared: Declared, **overrides: str) -> Credentials:
    label = {"serial": declared.asset.serial, "claim_code": declared.claim_code, **overrides}
    return activate_gateway(**label)


def test_declared_gateway_comes_into_use_with_credentials(organisation: Organisation) -> None:
    gateway, client_id, secret = activate(declare(organisation))

    application = Application.objects.get(client_id=client_id)
    assert gateway.application == application
    assert application.kind == ApplicationKind.GATEWAY
    assert application.organisation == organisation
    assert sorted(application.scopes) == sorted(GATEWAY_SCOPES)
    assert secret
    assert secret not in application.client_secret
    assert gateway.asset.status == AssetStatus.ACTIVE


def test_code_may_be_typed_as_people_do(organisation: Organisation) -> None:
    declared = declare(organisation)

    gateway, *_ = activate(declared, claim_code=declared.claim_code.lower().replace("-", " "))

    assert gateway.asset == declared.asset


def test_gateway_in_use_without_credentials_keeps_name_and_place(
    organisation: Organisation,
) -> None:
    declared = declare(organisation)
    site = make_site(organisation)
    known = gateways.create_gateway(asset=declared.asset, name="Cellar", site=site)

    gateway, *_ = activate(declared)

    assert (gateway.pk, gateway.name, gateway.site) == (known.pk, "Cellar", site)
    assert Gateway.objects.get().has_credentials


@pytest.mark.parametrize("wrong", [{"serial": "0043"}, {"claim_code": "AAAAA-AAAAA-AAAAA-AAAAA"}])
def test_wrong_serial_and_unknown_code_are_refused_alike(
    organisation: Organisation, wrong: dict[str, str]
) -> None:
    declared = declare(organisation)

    with pytest.raises(ClaimRefused) as refused:
        activate(declared, **wrong)

    assert refused.value.data == {}
    assert Asset.objects.get().claimed_at is None


def test_same_serial_elsewhere_has_another_code(organisation: Organisation) -> None:
    ours, theirs = declare(organisation), declare(make_organisation())

    gateway, *_ = activate(theirs)

    assert gateway.organisation_id == theirs.asset.organisation_id != ours.asset.organisation_id


@pytest.mark.parametrize("deed", [assets.suspend_asset, assets.retire_asset])
def test_asset_that_may_not_be_used_is_refused(organisation: Organisation, deed: Any) -> None:
    declared = declare(organisation)
    deed(asset=declared.asset)

    with pytest.raises(AssetNotActive):
        activate(declared)

    assert not Application.objects.exists()


def test_code_of_a_device_activates_no_gateway(organisation: Organisation) -> None:
    declared = declare(organisation, role="device")

    with pytest.raises(InvalidInput) as refused:
        activate(declared)

    assert refused.value.findings[0][:2] == ("#/claim_code", "wrong-role")
    assert Asset.objects.get().claimed_at is None


def test_code_is_good_for_one_activation(organisation: Organisation) -> None:
    declared = declare(organisation)
    activate(declared)

    with pytest.raises(ClaimCodeUsed):
        activate(declared)


def test_new_secret_ends_the_tokens_of_the_old_one(organisation: Organisation) -> None:
    gateway, client_id, secret = activate(declare(organisation))
    make_access_token(Application.objects.get(client_id=client_id), scopes=GATEWAY_SCOPES)

    rotated = rotate_credentials(gateway=gateway)

    assert rotated.client_id == client_id
    assert rotated.client_secret != secret
    assert not AccessToken.objects.exists()


def test_revoked_gateway_needs_another_code(organisation: Organisation) -> None:
    declared = declare(organisation)
    gateway, client_id, _ = activate(declared)

    revoke_credentials(gateway=gateway)

    assert not Application.objects.filter(client_id=client_id).exists()
    with pytest.raises(ClaimCodeUsed):
        activate(declared)
    again = activate(assets.issue_claim_code(asset=declared.asset))
    assert again.gateway.pk == gateway.pk
    assert again.client_id != client_id


@pytest.mark.parametrize("deed", [rotate_credentials, revoke_credentials])
def test_what_is_not_there_is_neither_rotated_nor_revoked(
    organisation: Organisation, deed: Any
) -> None:
    gateway = gateways.create_gateway(asset=declare(organisation).asset)

    with pytest.raises(CredentialsMissing):
        deed(gateway=gateway)


@pytest.mark.parametrize("deed", ["delete", "retire"])
def test_credentials_end_with_the_gateway(organisation: Organisation, deed: str) -> None:
    gateway, *_ = activate(declare(organisation))

    if deed == "delete":
        gateways.delete_gateway(gateway=gateway)
    else:
        assets.retire_asset(asset=gateway.asset, reason="broken")

    assert not Application.objects.exists()


def test_activation_is_told_and_audited_without_its_secrets(organisation: Organisation) -> None:
    gateway, *_ = activate(declare(organisation))

    assert Event.objects.filter(type="asset.activated").exists()
    nouns = AuditEntry.objects.filter(object_id=str(gateway.pk)).values_list("object_type")
    assert ("gateway",) in nouns
    shown = str(list(AuditEntry.objects.values_list("before", "after")))
    assert Asset.objects.get().claim_code_digest not in shown


@pytest.mark.django_db(transaction=True)
def test_of_many_who_activate_at_once_one_gets_credentials() -> None:
    declared = declare(make_organisation())

    results = at_once(*[lambda: activate(declared)] * 6)

    winners = [result for result in results if isinstance(result, Credentials)]
    assert len(winners) == 1
    assert sum(isinstance(result, ClaimCodeUsed) for result in results) == 5
    assert Gateway.objects.count() == Application.objects.count() == 1
