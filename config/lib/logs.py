"""Structured logs on stderr: key-value lines in dev, one JSON object a line elsewhere."""

import logging
import logging.config
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

REDACTED = "[redacted]"
SECRET_WORDS = ("secret", "password", "token", "authorization", "api_key", "cookie", "claim_code")


def redact(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Blank the values of keys that sound like secrets, should one ever be logged."""
    for key in event:
        if key != "event" and any(word in key.lower() for word in SECRET_WORDS):
            event[key] = REDACTED
    return event


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    redact,
]


def configure(options: dict[str, Any]) -> None:
    """Configure structlog and the standard library's logging alike (Django's LOGGING_CONFIG)."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if options["json"]
        # Plain tracebacks: the rich ones print local variables, and these may hold secrets.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    tracebacks = [structlog.processors.format_exc_info] if options["json"] else []
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *tracebacks,
            renderer,
        ],
    }
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stderr", "formatter": "main"}
    level = options["level"]
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"main": formatter},
            "handlers": {"stderr": handler},
            "root": {"handlers": ["stderr"], "level": level},
            # httpx logs each URL at INFO, and URLs may carry what is not ours to log.
            "loggers": {
                name: {"level": max(logging.WARNING, logging.getLevelNamesMapping()[level])}
                for name in ("httpx", "httpcore", "django")
            },
        }
    )
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
