"""JSON logs: one line per event on standard error, ids and reasons only, never mail content."""

import logging
import sys

import structlog
from structlog.typing import FilteringBoundLogger


def setup(service: str, level: str = "INFO") -> None:
    """Send everything (also the libraries' logging) as one JSON object per line to stderr."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=True)],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    renderer = structlog.processors.JSONRenderer(ensure_ascii=True)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.contextvars.bind_contextvars(service=service)


def get_logger(topic: str) -> FilteringBoundLogger:
    """A logger whose lines carry `topic`."""
    return structlog.get_logger(topic=topic)  # type: ignore[no-any-return]  # structlog's lazy proxy
