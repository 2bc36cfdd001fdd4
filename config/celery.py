"""The Celery application: workers and beat read their settings from Django's, prefix CELERY_."""

import os

from celery import Celery
from celery.signals import worker_init, worker_ready

from config.lib import handover, memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("atrium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
__all__ = ["app", "handover"]  # importing the second connects it


@worker_init.connect
def settle(**kwargs: object) -> None:
    """Keep what a worker has loaded out of the collector's way, before any process is forked."""
    memory.settle()


@worker_ready.connect
def show_life_at_once(**kwargs: object) -> None:
    """Record a heartbeat as soon as a worker takes tasks, instead of at beat's next turn."""
    app.send_task("config.tasks.record_heartbeat")
