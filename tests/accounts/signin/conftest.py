"""Letters are sent at once, by the real task, when the transaction commits."""

from typing import Any

import pytest


@pytest.fixture
def posted(settings: Any, django_capture_on_commit_callbacks: Any) -> Any:
    """Return what runs a block and then sends the letters that were written in it."""
    settings.CELERY_TASK_ALWAYS_EAGER = True

    def block() -> Any:
        return django_capture_on_commit_callbacks(execute=True)

    return block
