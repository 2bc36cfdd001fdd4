"""With whom: the event log and the smart-me cloud; nobody imports this app."""
