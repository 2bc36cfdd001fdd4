"""Whoever asked for a task is still the one on whose behalf a worker writes.

The attribution rides in the message's headers; what beat or a worker starts by itself is
attributed to the task alone.
"""

from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import orjson
from celery.signals import before_task_publish, task_postrun, task_prerun

from config.lib.attribution import Attribution, attributed, current

HEADER = "atrium_attribution"
_running: dict[str, ExitStack] = {}


@before_task_publish.connect
def send_along(headers: dict[str, Any], **kwargs: object) -> None:
    """Write down, on the message, who asks."""
    given = current()
    if given is not None:
        headers[HEADER] = given.as_json()


@task_prerun.connect
def take_over(task_id: str, task: Any, **kwargs: object) -> None:
    """Attribute what the task writes, to whom asked and to the task as its door."""
    # A worker hands the message's own headers over as they are; a direct call keeps them apart.
    sent = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    given = Attribution.from_mapping(orjson.loads(sent)) if sent else current() or Attribution()
    stack = _running[task_id] = ExitStack()
    stack.enter_context(attributed(replace(given, origin=f"task {task.name}")))


@task_postrun.connect
def hand_back(task_id: str, **kwargs: object) -> None:
    """End the attribution with the task."""
    stack = _running.pop(task_id, None)
    if stack is not None:
        stack.close()
