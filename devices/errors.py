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


class ClaimRefused(DomainError):
    """No asset has this claim code, or it has another serial: both are answered alike."""

    slug = "claim-refused"
    title = "Serial and claim code do not match"
    status = HTTPStatus.NOT_FOUND
    message = "There is nothing with this serial and claim code. Compare both with the label."


class ClaimCodeUsed(DomainError):
    """A claim code brings one thing into use, once."""

    slug = "claim-code-used"
    title = "The claim code was used before"
    message = "This claim code was used before. Whoever declared the asset can issue another one."


class CredentialsMissing(DomainError):
    """The gateway has no credentials to rotate or revoke."""

    slug = "credentials-missing"
    title = "The gateway has no credentials"
    message = "The gateway {gateway} has no credentials. It gets them by activation."


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


class DeviceTypeKeyTaken(DomainError):
    """The organisation has a device type of that key."""

    slug = "device-type-key-taken"
    title = "The device type exists"
    message = "Your organisation has a device type {key}. Change that one, or choose another key."


class PointsInUse(DomainError):
    """Points that devices have stay what their readings are understood by."""

    slug = "points-in-use"
    title = "The points are in use"
    message = (
        "Devices have the points named in points: they neither go nor change their kind, type of "
        "value, unit, nature or labels. Make another type, under another key."
    )


class BatchTooLarge(DomainError):
    """The batch holds more items than one call takes."""

    slug = "batch-too-large"
    title = "The batch is too large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    message = "The batch holds {given} items; one call takes {limit} at most. Send it in parts."


class ResolutionNotGranted(DomainError):
    """A series, or what is so now, is asked for more finely than rights and consent allow."""

    slug = "resolution-not-granted"
    title = "The resolution is not granted"
    status = HTTPStatus.FORBIDDEN
    message = "The finest that you may read here is {granted}. Ask for that, or for less."

    def __init__(self, *, granted: str | None, windows: list[dict[str, str | None]]) -> None:
        super().__init__(granted=granted, windows=windows)


class SeriesTooLong(DomainError):
    """The answer would hold more values than one call gives."""

    slug = "series-too-long"
    title = "The series is too long"
    status = HTTPStatus.BAD_REQUEST
    message = "There are over {limit} values. Ask for fewer points, less time or longer intervals."


class ImportAtWork(DomainError):
    """A worker is busy with the import."""

    slug = "import-at-work"
    title = "The import is at work"
    message = "The import is {status}. Wait until it has ended."


class ImportNotChecked(DomainError):
    """Only an import that was checked, and not applied before, can be applied."""

    slug = "import-not-checked"
    title = "The import cannot be applied"
    message = "The import is {import_status}. Hand the file in again to apply it again."


class ImportRefused(DomainError):
    """The import has refused rows, and is all or nothing."""

    slug = "import-refused"
    title = "The import has refused rows"
    message = (
        "The import has refused rows ({refused}), so nothing is applied. Mend the file and hand it "
        "in again, or apply it with the mode rows."
    )


class FileNotReadable(DomainError):
    """The file is none of the formats, or too large."""

    slug = "file-not-readable"
    title = "The file cannot be read"
    status = HTTPStatus.BAD_REQUEST
    message = "{reason}"


class PointsDiffer(DomainError):
    """Points of one key that measure different things cannot be summed up."""

    slug = "points-differ"
    title = "The points differ"
    message = "The points {point} differ in unit or nature here, and cannot be summed up."


class FormatNotInstalled(DomainError):
    """The format needs a package that whoever runs the platform can add."""

    slug = "format-not-installed"
    title = "The format needs a package that is not installed"
    status = HTTPStatus.NOT_IMPLEMENTED
    message = "{problem}. Ask for CSV, or ask whoever runs this platform."


class DeviceNotControllable(DomainError):
    """Nothing carries such a command to the device."""

    slug = "device-not-controllable"
    title = "The device cannot be asked for this"
    message = (
        "Nothing carries {action} to the device {device}: it needs a gateway in use, or a "
        "connection to a cloud that takes this action."
    )


class Interlocked(DomainError):
    """An interlock of the device's type forbids the action now."""

    slug = "interlocked"
    title = "An interlock forbids this now"
    message = "The interlock {rule} of the device forbids {action} now. {advice}"

    def __init__(self, *, rule: str, action: str, advice: str, retry_at: str | None = None) -> None:
        super().__init__(rule=rule, action=action, advice=advice, retry_at=retry_at)


class CommandOver(DomainError):
    """The command has come to an end, or is further on already."""

    slug = "command-over"
    title = "The command has moved on"
    message = "The command is {command_status}, which cannot be changed to {wanted}."


class CommandUnderWay(DomainError):
    """What has left for the device cannot be called back."""

    slug = "command-under-way"
    title = "The command is under way"
    message = "The command is {command_status}: it has left for the device. Wait for its outcome."


class CommandReferenceReused(DomainError):
    """The reference belongs to another command to the same device."""

    slug = "command-reference-reused"
    title = "The reference belongs to another command"
    message = "The command {command} to this device has the same reference and asks something else."


class SecondPersonRequired(DomainError):
    """A command is approved by a person, and by another one than who asked."""

    slug = "second-person-required"
    title = "Another person has to approve"
    status = HTTPStatus.FORBIDDEN
    message = "A command is approved by a person other than the one who asked for it."


class BatchOver(DomainError):
    """The batch has come to an end."""

    slug = "batch-over"
    title = "The batch is over"
    message = "The batch is {batch_status}. Nothing of it is left to be cancelled."


class AssignmentOverlaps(DomainError):
    """A metering point is fed by one device point at a time, and feeds are never shared."""

    slug = "assignment-overlaps"
    title = "The assignment overlaps another"
    message = "{what} from {begins} until {ends}. End that assignment first."

    def __init__(self, *, what: str, begins: str, ends: str, assignment: str) -> None:
        super().__init__(what=what, begins=begins, ends=ends, assignment=assignment)


class MeteringPointVirtual(DomainError):
    """A metering point is fed by device points or by a formula, never by both."""

    slug = "metering-point-virtual"
    title = "The metering point is virtual or is not"
    message = "{reason}"


class FormulaCircular(DomainError):
    """A virtual metering point would count itself."""

    slug = "formula-circular"
    title = "The formula leads back to itself"
    message = "The metering point {metering_point} counts in a formula that it counts itself."


class FormulaTooLarge(DomainError):
    """Formulas upon formulas have an end."""

    slug = "formula-too-large"
    title = "The formula is too large"
    status = HTTPStatus.BAD_REQUEST
    message = "Formulas stand on each other {depth} deep at most, and hold {terms} terms at most."

    def __init__(self, *, depth: int, terms: int) -> None:
        super().__init__(depth=depth, terms=terms)


class PartsNotReadable(DomainError):
    """A sum is told whole or not at all."""

    slug = "parts-not-readable"
    title = "Parts of the sum are not yours to read"
    status = HTTPStatus.FORBIDDEN
    message = "The formula counts {parts} devices of which you may read nothing in this time."

    def __init__(self, *, parts: int) -> None:
        super().__init__(parts=parts)


class DeviceFeedsMeteringPoint(DomainError):
    """Bills rest on the device's readings."""

    slug = "device-feeds-metering-point"
    title = "The device feeds a metering point"
    message = "Bills of {metering_points} metering points rest on the readings of this device."

    def __init__(self, *, metering_points: int) -> None:
        super().__init__(metering_points=metering_points)


class AlarmIsCleared(DomainError):
    """An alarm that is over needs nobody any more."""

    slug = "alarm-cleared"
    title = "The alarm is cleared"
    message = "The alarm {alarm} is over; there is nothing left to acknowledge."
