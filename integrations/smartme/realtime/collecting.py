"""Posts that come at once, kept with one commit: the disk is asked once for all of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection

from config.lib.transient import is_transient

from .receiving import Arrival, Verdict, receive

logger = structlog.get_logger(__name__)
MAX_TOGETHER: Final = 500
GATHER_S: Final = 0.001
# Longer than any commit; the caller is told to come back, and the post may still be kept.
PATIENCE_S: Final = 10.0


class _Waiting:
    """A post whose sender waits for the verdict."""

    __slots__ = ("_done", "arrival", "verdict")

    def __init__(self, arrival: Arrival) -> None:
        self.arrival = arrival
        self.verdict = Verdict.FAILED
        self._done = threading.Lock()
        self._done.acquire()

    def settle(self, verdict: Verdict) -> None:
        self.verdict = verdict
        self._done.release()

    def result(self) -> Verdict:
        self._done.acquire(timeout=PATIENCE_S)
        return self.verdict


class Collector:
    """One thread with one connection to the database, for all threads of a web process."""

    def __init__(self, receive: Callable[[Sequence[Arrival]], list[Verdict]] = receive) -> None:
        self._receive = receive
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_busy = False

    def keep(self, arrival: Arrival) -> Verdict:
        """Return what became of the post, once that is certain."""
        # Not before the first post: a server may fork after it has loaded the application.
        if self._thread is None:
            self._start()
        waiting = _Waiting(arrival)
        self._queue.put(waiting)
        return waiting.result()

    def stop(self) -> None:
        """End the thread and its connection, once what waits is settled."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="realtime", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        is_open = True
        while is_open:
            batch = self._next()
            waiting = [entry for entry in batch if entry is not None]
            is_open = len(waiting) == len(batch)
            if waiting:
                verdicts = self._verdicts([entry.arrival for entry in waiting])
                for entry, verdict in zip(waiting, verdicts, strict=True):
                    entry.settle(verdict)
        connection.close()

    def _next(self) -> list[_Waiting | None]:
        """Return what has come since the last commit; wait if nothing has.

        While they come several at a time, a moment is left for those that are on their way: the
        first to come would have a commit of its own, and all others wait for it and the next.
        """
        batch = [self._queue.get()]
        if self._is_busy:
            time.sleep(GATHER_S)
        with suppress(Empty):
            while len(batch) < MAX_TOGETHER:
                batch.append(self._queue.get_nowait())
        self._is_busy = len(batch) > 1
        return batch

    def _verdicts(self, arrivals: list[Arrival]) -> list[Verdict]:
        """Keep them, on a fresh connection if the old one broke; the senders hear of a failure."""
        for is_last in (False, True):
            try:
                return self._receive(arrivals)
            except (DatabaseError, InterfaceError) as error:
                connection.close_if_unusable_or_obsolete()
                if is_last or not is_transient(error):
                    logger.warning("realtime_posts_not_kept", count=len(arrivals), exc_info=error)
                    break
            # The senders get a 503 and the log the reason; the thread must live on for the next.
            except Exception:
                logger.exception("realtime_posts_not_kept", count=len(arrivals))
                break
        return [Verdict.FAILED] * len(arrivals)
