"""What the operator sees: one line per event, with the name of the process in front."""

import sys

WIDTH = 9


def say(name: str, text: str) -> None:
    """Print one line; a terminal that is gone must not keep the stack from stopping."""
    try:
        sys.stdout.write(f"{name:{WIDTH}}| {text}\n")
        sys.stdout.flush()
    except OSError:  # the reader closed the pipe or the terminal: nobody is left to be told
        pass
