"""The credentials of gateways: ended here, so that whatever ends a gateway can end them too."""

from collections.abc import Iterable

from accounts.models import Application
from accounts.services.applications import delete_application
from devices.models import Gateway


def end_credentials(gateways: Iterable[Gateway]) -> None:
    """Take away the credentials of the gateways, with all living tokens.

    The rows are the caller's to lock; their ``application`` is null afterwards.
    """
    held = {gateway.application_id for gateway in gateways if gateway.application_id}
    for application in Application.objects.filter(pk__in=held):
        delete_application(application=application)
