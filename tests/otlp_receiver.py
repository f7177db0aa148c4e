"""A collector for spans (OTLP over HTTP, protobuf) that keeps all it is sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass(frozen=True, slots=True)
class Seen:
    """A span as it was sent; `parent` is empty for the first one of a trace."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]

    @classmethod
    def of(cls, span: Span) -> "Seen":
        """From the wire."""
        attributes = {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}
        ids = span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()
        return cls(span.name, *ids, attributes)


class Receiver(ThreadingHTTPServer):
    """Listens on a free port of this machine; `bodies` are the requests as they came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.bodies: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    @property
    def spans(self) -> list[Seen]:
        """All spans so far."""
        sent = [ExportTraceServiceRequest.FromString(body) for body in list(self.bodies)]
        scopes = [scope for one in sent for r in one.resource_spans for scope in r.scope_spans]
        return [Seen.of(span) for scope in scopes for span in scope.spans]

    def named(self, name: str) -> list[Seen]:
        """The spans of one name."""
        return [span for span in self.spans if span.name == name]

    def path(self, span: Seen) -> list[str]:
        """The names from the first span of the trace to this one, as far as they were sent."""
        known = {one.id: one for one in self.spans if one.trace == span.trace}
        names = [span.name]
        while above := known.get(span.parent):
            span = above
            names.insert(0, span.name)
        return names


class _Answer(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_words: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A running receiver."""
    with Receiver() as receiver:
        Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield receiver
        receiver.shutdown()
