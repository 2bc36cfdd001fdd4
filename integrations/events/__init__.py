"""The event log: every change as a CloudEvent, written in the transaction of the change."""
