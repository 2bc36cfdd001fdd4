"""The product with one more address: a bare Django view that runs SQL given to it and answers JSON.

The yardstick of ``tests.benchmarks.detail``; BENCHMARK_SQL holds the statements as JSON.
"""

import json
import os
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, JsonResponse

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
STATEMENTS: list[str] = json.loads(os.environ.get("BENCHMARK_SQL", "[]"))


def bare(request: HttpRequest) -> JsonResponse:
    """Run the statements and answer the last row."""
    row: Any = ()
    with connection.cursor() as cursor:
        for statement in STATEMENTS:
            cursor.execute(statement)
            row = cursor.fetchone()
    return JsonResponse({str(number): str(value) for number, value in enumerate(row)})


settings.ROOT_URLCONF = "tests.benchmarks.bare_urls"
application = get_wsgi_application()
