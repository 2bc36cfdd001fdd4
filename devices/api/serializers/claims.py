"""Claims: a serial with the code beside it, and what it opens."""

from typing import Any

from rest_framework import serializers

from config.lib.serializers import StrictSerializer, TextField
from devices.api.fields import TagsField
from devices.api.serializers.devices import PlaceIn


class ClaimIn(StrictSerializer):
    """What stands on the label: the exact serial and the claim code, however it is spaced."""

    serial = TextField(max_length=200, trim_whitespace=False)
    claim_code = TextField(max_length=100)


class DeviceClaimIn(ClaimIn, PlaceIn):
    """A device and where it comes; without a type, the catalogue is searched for its model."""

    type = TextField(max_length=100, required=False, help_text="The key of a device type.")
    name = TextField(max_length=200, required=False, allow_blank=True)
    tags = TagsField(required=False)


class CredentialsOut(serializers.Serializer[Any]):
    """What a gateway logs in with (client credentials); the secret is shown once."""

    gateway = serializers.UUIDField()
    client_id = serializers.CharField()
    client_secret = serializers.CharField()
