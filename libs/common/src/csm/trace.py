"""Trace context across the bus and the database: one trace follows a mail through every retry."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context, propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider


def setup(service: str) -> TracerProvider:
    """Record spans for `service`; without an exporter they only carry the trace context."""
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    trace.set_tracer_provider(provider)
    return provider


def traceparent() -> str:
    """The current W3C `traceparent`, empty when nothing is traced."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent", "")


@contextmanager
def continued(headers: Mapping[str, str]) -> Iterator[None]:
    """Run under the trace context of `headers` (as stored in a row or sent with an event)."""
    token = context.attach(propagate.extract(dict(headers)))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def span(name: str, **attributes: str | float | bool) -> Iterator[trace.Span]:
    """A span of a bounded name; attributes are ids and numbers, never content."""
    tracer = trace.get_tracer("csm")
    with tracer.start_as_current_span(name, attributes=attributes) as current:
        yield current


def headers_of(stored: str) -> dict[str, str]:
    """The headers that carry a stored `traceparent`."""
    return {"traceparent": stored} if stored else {}
