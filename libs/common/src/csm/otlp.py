"""Sends spans as OTLP over HTTP, where OpenTelemetry's standard variables say; else nowhere."""

import logging
import os
import threading
from collections.abc import Mapping, Sequence

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF

from csm.logs import get_logger

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Tracing:
    """The spans of this process on their way out; without an address they stay ids."""

    def __init__(self, provider: TracerProvider) -> None:
        """`setup` makes it."""
        self._provider = provider

    def close(self, seconds: float = 3.0) -> None:
        """Send what is left, at most so long: a collector that is away must not delay the end."""
        last = threading.Thread(target=self._provider.shutdown, daemon=True)
        last.start()
        last.join(seconds)


def setup(service: str) -> Tracing:
    """Record the spans of `service`.

    Sent as OTLP over HTTP where OpenTelemetry's standard variables say (endpoint, headers, sampler
    and batch). Without an endpoint nothing is sampled, and the ids still travel with the events.
    """
    exporting = _wanted(os.environ)
    # The sampler None is the standard one: parent based, or as OTEL_TRACES_SAMPLER says.
    provider = TracerProvider(
        sampler=None if exporting else ALWAYS_OFF,
        resource=Resource.create({"service.name": service}),
        shutdown_on_exit=False,
    )
    if exporting:
        provider.add_span_processor(BatchSpanProcessor(_Exporter()))
    trace.set_tracer_provider(provider)
    return Tracing(provider)


def _wanted(environment: Mapping[str, str]) -> bool:
    if environment.get("OTEL_TRACES_EXPORTER", "otlp") == "none":
        return False
    return any(environment.get(name) for name in _ENDPOINTS)


class _Exporter(SpanExporter):
    """The standard exporter, which would write a log line for every batch of an outage."""

    def __init__(self) -> None:
        # Costs 0.1 s of CPU, so only who exports pays for it.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )

        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
        self._otlp = OTLPSpanExporter()
        self._is_failing = False
        self._log = get_logger("trace")

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch; what cannot be sent is dropped, and said once."""
        result = self._otlp.export(spans)
        is_failing = result is not SpanExportResult.SUCCESS
        if is_failing and not self._is_failing:
            self._log.warning("spans cannot be exported, they are dropped")
        elif self._is_failing and not is_failing:
            self._log.info("spans are exported again")
        self._is_failing = is_failing
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        self._otlp.shutdown()  # type: ignore[no-untyped-call]  # as the SDK has it
