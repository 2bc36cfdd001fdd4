"""What: device types, fleets, assets, gateways, devices, points and readings."""
