"""Traces: one follows a mail from its discovery to its events, through retries and restarts.

The names of spans and attributes are declared here and nowhere else; values are ids and numbers.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

SPANS: dict[str, str] = {
    "message noticed": "Gmail named a new message; the trace begins",
    "conversation noticed": "webhook, poll or sweep told of a conversation; a trace begins",
    "conversation stale": "nobody answered in time; a trace begins",
    "message.received publish": "the event goes to the bus, the first time or again",
    "message.received process": "one delivery of the event, from receipt to answer",
    "customer thread write": "the write protocol for one mail: look, intent, request, record",
    "note write": "the same for a note",
    "draft write": "the same for a draft",
    "conversation.updated publish": "the event about the new thread goes to the bus",
    "conversation.updated process": "one delivery of that event",
    "conversation.classified publish": "a verdict goes to the bus",
    "conversation.classified process": "one delivery of a verdict",
    "draft.upsert publish": "the wish for a draft goes to the bus",
    "draft.upsert process": "one delivery of that wish",
    "verdict judge": "a burst of messages is judged by a model, its answers included",
    "model chat": "one request to the model server; never what was asked or answered",
}
# Attributes are sent as `csm.<name>`.
ATTRIBUTES: dict[str, str] = {
    "mailbox": "the configured slug, never an address",
    "gmail_message_id": "Gmail's id of the message",
    "conversation_id": "FreeScout's id",
    "thread_id": "FreeScout's id",
    "cause": "how a conversation was noticed: gmail, webhook, poll, sweep, agent",
    "again": "how often the row was published before",
    "delivery": "how often the event was delivered, from 1",
    "outcome": "done, later, unavailable, rejected; of a write: written, wait, adopt",
    "effect": "kind of write: create, append, note, draft",
    "error": "class of the error; its words may quote a mail and stay out",
    "task": "what a model was asked for: classify, draft",
}
# Sent under their own names: OpenTelemetry's conventions for generative AI, without its contents.
GEN_AI_ATTRIBUTES: dict[str, str] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "the configured model",
    "gen_ai.request.max_tokens": "the limit of the answer",
    "gen_ai.response.model": "the model that answered",
    "gen_ai.response.id": "the server's id of the answer",
    "gen_ai.response.finish_reasons": "how the answer ended",
    "gen_ai.usage.input_tokens": "tokens of the prompt",
    "gen_ai.usage.output_tokens": "tokens of the answer",
    "server.address": "host and port of the server",
}
_KINDS = {
    "publish": SpanKind.PRODUCER, "process": SpanKind.CONSUMER, "write": SpanKind.CLIENT,
    "chat": SpanKind.CLIENT,
}  # fmt: skip

_propagator = TraceContextTextMapPropagator()


class Span:
    """A span that runs while its block does.

    An error leaves the name of its class: its words and its stack may quote a mail.
    """

    def __init__(self, name: str, attributes: Mapping[str, str | float | bool]) -> None:
        """Raises ValueError for a name or an attribute that is not declared above."""
        if name not in SPANS:
            raise ValueError(f"span {name!r} is not declared in csm.trace")
        kind = _KINDS.get(name.rpartition(" ")[2], SpanKind.INTERNAL)
        named = _declared(attributes)
        self._span = trace.get_tracer("csm").start_span(name, kind=kind, attributes=named)

    @property
    def traceparent(self) -> str:
        """The W3C `traceparent` of what this span causes, empty when nothing is traced."""
        return _traceparent(trace.set_span_in_context(self._span, Context()))

    def note(self, **attributes: str | float | bool) -> None:
        """Add attributes."""
        self._span.set_attributes(_declared(attributes))

    def end(self) -> None:
        """Only spans that end are exported."""
        self._span.end()

    def __enter__(self) -> Self:
        """What begins in the block is caused by this span."""
        self._token = context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _frames: TracebackType | None,
    ) -> None:
        """End the span."""
        context.detach(self._token)
        if kind is not None:
            self.note(error=kind.__name__)
            self._span.set_status(Status(StatusCode.ERROR, kind.__name__))
        self._span.end()


def span(name: str, **attributes: str | float | bool) -> Span:
    """A span of a declared name, begun now; attributes are declared ones too."""
    return Span(name, attributes)


def _declared(attributes: Mapping[str, str | float | bool]) -> dict[str, str | float | bool]:
    if unknown := attributes.keys() - ATTRIBUTES.keys() - GEN_AI_ATTRIBUTES.keys():
        raise ValueError(f"span attributes {sorted(unknown)} are not declared in csm.trace")
    return {
        name if name in GEN_AI_ATTRIBUTES else f"csm.{name}": value
        for name, value in attributes.items()
    }


def traceparent() -> str:
    """The current W3C `traceparent`, empty when nothing is traced."""
    return _traceparent(None)


def _traceparent(of: Context | None) -> str:
    carrier: dict[str, str] = {}
    _propagator.inject(carrier, of)
    return carrier.get("traceparent", "")


def remote(headers: Mapping[str, str]) -> Context:
    """The trace context that `headers` carry, on top of nothing else."""
    return _propagator.extract(headers, Context())


@contextmanager
def continued(stored: str) -> Iterator[None]:
    """Go on with a stored `traceparent`; what runs in its trace already keeps its place there."""
    here = traceparent()
    if stored and trace_id(here) == trace_id(stored):
        yield
        return
    token = context.attach(remote(headers_of(stored)))
    try:
        yield
    finally:
        context.detach(token)


def headers_of(stored: str) -> dict[str, str]:
    """The headers that carry a stored `traceparent`."""
    return {"traceparent": stored} if stored else {}


def trace_id(stored: str) -> str:
    """The trace of a `traceparent` (`00-<trace>-<span>-<flags>`), empty when it holds none."""
    parts = stored.split("-")
    return parts[1] if len(parts) == 4 else ""
