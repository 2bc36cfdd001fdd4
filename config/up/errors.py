"""Why the stack did not come up, or no longer runs."""


class CannotStart(Exception):
    """A part cannot start; the message says what is missing and what to do."""


class StopAsked(Exception):
    """The stack was told to stop, by a signal or by the end of one of its processes."""
