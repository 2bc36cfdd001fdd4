"""News of devices, sent in the transaction of the change; set-wise, for one or for thousands.

Object signals carry ``assets``, ``devices`` or ``gateways`` (sequences of rows). Reading signals
carry ``batch`` (``devices.services.recording.Batch…``), states carry ``changes``.
"""

from django.dispatch import Signal

asset_declared = Signal()  # assets
asset_activated = Signal()  # assets
asset_suspended = Signal()  # assets
asset_retired = Signal()  # assets

device_created = Signal()  # devices
device_updated = Signal()  # devices, fields (names of what changed)
device_deleted = Signal()  # devices
device_placed = Signal()  # devices
device_online = Signal()  # devices
device_offline = Signal()  # devices
device_desired_changed = Signal()  # devices, fields (keys of the points that shall change)
device_state_changed = Signal()  # changes

gateway_created = Signal()  # gateways
gateway_updated = Signal()  # gateways, fields
gateway_deleted = Signal()  # gateways
gateway_online = Signal()  # gateways
gateway_offline = Signal()  # gateways, devices (how many went offline with each, by its id)

readings_recorded = Signal()  # batch
readings_restated = Signal()  # batch

alarm_raised = Signal()  # alarms
alarm_acknowledged = Signal()  # alarms
alarm_escalated = Signal()  # alarms
alarm_cleared = Signal()  # alarms
command_updated = Signal()  # commands

metering_point_created = Signal()  # metering_points
metering_point_updated = Signal()  # metering_points, fields
consumption_restated = Signal()  # restatements: of each metering point a list, in one batch
