"""Names of hosts, looked up within a time: the system's own look-up knows no limit."""

from __future__ import annotations

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Final

import httpcore

# Look-ups that hang hold a thread each until the system gives up; more of them wait, in vain.
THREADS: Final = 8


@lru_cache(maxsize=1)
def _threads(process: int) -> ThreadPoolExecutor:
    """Return the threads of this process; those of its parent did not come along."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="resolve")


def addresses_of(host: str, port: int, *, within_s: float) -> list[str]:
    """Return the addresses of a host, the preferred one first.

    Raises: httpcore.ConnectTimeout, if they are not known in time; httpcore.ConnectError.
    """
    look_up = _threads(os.getpid()).submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        found = look_up.result(within_s)
    except TimeoutError as fault:
        look_up.cancel()
        raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from fault
    except OSError as fault:
        raise httpcore.ConnectError(str(fault)) from fault
    return [str(place[0]) for *_, place in found]
