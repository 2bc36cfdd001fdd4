"""Atrium's own processes: preparation, worker, sync, beat and web."""

import multiprocessing
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings

from config.up import ports
from config.up.plan import Process, manage
from config.up.probes import http_ok

WEB_WORKERS = 2
WEB_THREADS = 8
WORKER_CONCURRENCY = 4
SYNC_CONCURRENCY = 16
SYNC_QUEUE = "smartme"


def prepare() -> Process:
    """Return the step that migrates the database and loads what is shipped."""
    return Process(name="prepare", command=manage("prepare"))


def worker() -> Process:
    """Return the Celery worker; SIGTERM lets running tasks end."""
    queues = [queue for queue in settings.CELERY_WORKER_QUEUES if queue != SYNC_QUEUE]
    return _worker("worker", queues=queues, concurrency=WORKER_CONCURRENCY, pool=_pool())


def syncer() -> Process:
    """Return the worker that waits for metering clouds: threads, since waiting is all they do.

    A cloud that does not answer holds a thread for half a minute, and nobody else's sync.
    """
    threads = ("--pool", "threads")
    return _worker("sync", queues=[SYNC_QUEUE], concurrency=SYNC_CONCURRENCY, pool=threads)


def _worker(
    name: str, *, queues: Sequence[str], concurrency: int, pool: tuple[str, str]
) -> Process:
    words = ("worker", "--hostname", f"{name}@%h", "--concurrency", str(concurrency))
    alone = ("--without-mingle", "--without-gossip")  # there is no other worker to meet
    return Process(
        name=name,
        command=_celery(*words, "--queues", ",".join(queues), *alone, *pool),
        env={"PYTHONWARNINGS": "ignore:::celery.platforms"},  # root is warned of pickle: unused
        grace_s=20,
    )


def beat(state_dir: Path) -> Process:
    """Return the scheduler of periodic tasks, which remembers its last runs in a file."""
    schedule = state_dir / "celerybeat-schedule"
    return Process(name="beat", command=_celery("beat", "--schedule", str(schedule), "--pidfile="))


def web(port: int) -> Process:
    """Return the web server, ready when the whole platform says that it is.

    Threads share one interpreter lock: more processes serve, more threads only wait. Waiting is
    what posts of metering clouds do: those that wait together are kept with one commit.
    """
    arguments = {
        "--interface": "wsgi",
        "--host": ports.HOST,
        "--port": str(port),
        "--workers": str(WEB_WORKERS),
        "--blocking-threads": str(WEB_THREADS),
        "--log-level": "warning",
    }
    words = [word for pair in arguments.items() for word in pair]
    return Process(
        name="web",
        command=(sys.executable, "-m", "granian", *words, "config.wsgi:application"),
        ready=http_ok(f"http://{ports.HOST}:{port}/readyz"),
        ready_within_s=120,
        poll_s=0.3,
    )


def make_folders(state_dir: Path) -> Path:
    """Make the folders that the web server expects; return the one for its counters, empty.

    The counters of processes that ended would be added to those of the new ones.
    """
    (state_dir / "static").mkdir(exist_ok=True)
    folder = state_dir / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    return folder


def _celery(*arguments: str) -> tuple[str, ...]:
    program = (sys.executable, "-m", "celery", "--quiet", "--app", "config.celery")
    return (*program, *arguments, "--loglevel", "WARNING")


def _pool() -> tuple[str, str]:
    """Choose threads where the machine gives no semaphores, which worker processes need."""
    try:
        multiprocessing.Lock()
    except OSError:
        return ("--pool", "threads")
    return ("--pool", "prefork")
