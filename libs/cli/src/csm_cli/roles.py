"""What each service is to its surroundings: the one table that every deployment derives from.

`bus_permissions` makes the users of NATS from it; the tests of compose file, manifests and units
hold those against it. A new service is one entry here and one in `services.SERVICES`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from csm import streams
from csm.streams import Durable, Stream

# Whom a service calls over HTTP; a network policy allows no other way out.
DESK, GMAIL, MODEL, PEOPLE = "freescout", "gmail", "llm", "alerts"


@dataclass(frozen=True, slots=True)
class Role:
    """`publishes` are the subjects that begin with this service, `watches` the streams whose age it
    asks for, `port` where it tells of its health, `calls` whom it asks over HTTP.
    """

    port: int
    consumes: tuple[Durable, ...] = ()
    publishes: tuple[str, ...] = ()
    watches: tuple[Stream, ...] = ()
    calls: tuple[str, ...] = (DESK,)
    # Where others reach it, None when nobody does.
    webhook_port: int | None = None

    def subjects(self) -> Iterator[str]:
        """Every subject of events it may publish: its own, and again what it owes work for."""
        yield from self.publishes
        for durable in self.consumes:
            yield from durable.filter_subjects


ROLES: Mapping[str, Role] = {
    "gmail_ingest": Role(
        8081,
        consumes=(streams.FREESCOUT_WRITER,),
        publishes=("message.received.*", "conversation.updated.gmail.*"),
        calls=(DESK, GMAIL),
    ),
    "webhook_gateway": Role(
        8082,
        publishes=tuple(
            f"conversation.updated.{cause}.*" for cause in ("webhook", "poll", "sweep", "agent")
        ),
        watches=streams.STREAMS,
        webhook_port=8000,
    ),
    "classifier": Role(
        8083,
        consumes=(streams.CLASSIFIER,),
        publishes=("conversation.classified.*",),
        calls=(DESK, MODEL),
    ),
    "draft_writer": Role(
        8084,
        consumes=(streams.DRAFT_WRITER, streams.DRAFT_UPSERT, streams.OUTCOME_READER),
        publishes=("draft.upsert.*",),
        calls=(DESK, MODEL),
    ),
    "followups": Role(
        8085,
        consumes=(streams.FOLLOWUPS,),
        # It asks the others how they are, and what their day was.
        publishes=("draft.upsert.*", "admin.*.status", "admin.*.figures"),
        calls=(DESK, PEOPLE),
    ),
}
