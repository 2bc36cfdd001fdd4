"""smart-me: meters in."""
