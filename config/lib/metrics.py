"""What the platform counts about itself, for Prometheus."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.registry import Collector

REQUESTS = Counter(
    "atrium_http_requests_total", "Requests answered.", ["method", "route", "status"]
)
SECONDS = Histogram(
    "atrium_http_request_seconds", "Time to answer a request, in seconds.", ["method", "route"]
)
# Collectors that ask the database when they are asked: the same from every process.
_collectors: list[Collector] = []
METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})


class MetricsMiddleware:
    """Count each request under its route, never under its path, which would have no end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve the request and take its time."""
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match else "unknown"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(method, route, str(response.status_code)).inc()
        SECONDS.labels(method, route).observe(time.perf_counter() - started)
        return response


def add_collector(collector: Collector) -> None:
    """Show what a higher app counts, whichever process is asked for the metrics."""
    if collector not in _collectors:
        _collectors.append(collector)


def register_collectors(registry: CollectorRegistry) -> None:
    """Have a registry ask the collectors of the apps as well."""
    for collector in _collectors:
        registry.register(collector)
