"""Finding a TCP port on the loopback interface."""

import socket

HOST = "127.0.0.1"


def free() -> int:
    """Return a port that the operating system says is free."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def pick(preferred: int) -> int:
    """Return the preferred port, or any free one where it is taken (or is 0)."""
    return preferred if preferred and is_free(preferred) else free()
