"""The past of meters: fetched on connect, after outages and on request, behind the live syncs."""
