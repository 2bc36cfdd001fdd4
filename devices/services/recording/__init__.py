"""How a batch of readings is checked, resolved and stored; ``readings`` is the door to it."""
