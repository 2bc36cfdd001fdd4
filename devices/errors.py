"""What can stand in the way of what: devices' kinds of error."""

from http import HTTPStatus

from config.lib.errors import DomainError


class AssetNotActive(DomainError):
    """A suspended or retired asset is refused at every door."""

    slug = "asset-not-active"
    title = "The asset is not active"
    message = "The asset {asset} is {asset_status}. Only a declared or active asset may be used."


class AssetInUse(DomainError):
    """The asset already came into use as a device or gateway."""

    slug = "asset-in-use"
    title = "The asset is in use"
    message = "The asset {asset} is already in use. Delete its device or gateway first."


class AssetRetired(DomainError):
    """Retirement is the end of an asset's life."""

    slug = "asset-retired"
    title = "The asset is retired"
    message = "The asset {asset} is retired, which is final."


class AssetAlreadyDeclared(DomainError):
    """The organisation has declared this serial of this manufacturer before."""

    slug = "asset-already-declared"
    title = "The asset is declared already"
    message = "{manufacturer} {serial} is declared already in your organisation."


class FleetNotEmpty(DomainError):
    """A fleet with assets cannot be deleted."""

    slug = "fleet-not-empty"
    title = "The fleet is not empty"
    message = "The fleet {fleet} still has assets. Move or delete them first."


class BatchTooLarge(DomainError):
    """The batch holds more items than one call takes."""

    slug = "batch-too-large"
    title = "The batch is too large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    message = "The batch holds {given} items; one call takes {limit} at most. Send it in parts."


class DatabaseUnavailable(DomainError):
    """The database failed again and again while a batch was being stored."""

    slug = "database-unavailable"
    title = "The database is not available"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = "Nothing of this batch was acknowledged. Send it again in a moment."

    @property
    def headers(self) -> dict[str, str]:
        """Tell the caller when to come back."""
        return {"Retry-After": "5"}


class ResolutionNotGranted(DomainError):
    """A series, or what is so now, is asked for more finely than rights and consent allow."""

    slug = "resolution-not-granted"
    title = "The resolution is not granted"
    status = HTTPStatus.FORBIDDEN
    message = "The finest that you may read here is {granted}. Ask for that, or for less."

    def __init__(self, *, granted: str | None, windows: list[dict[str, str | None]]) -> None:
        super().__init__(granted=granted, windows=windows)
