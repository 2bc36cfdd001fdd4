"""The smart-me metering cloud: client, mapping, sync and a local stand-in for it."""
