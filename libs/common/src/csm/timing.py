"""All time limits of the write protocol, derived from four numbers in one place."""

from dataclasses import dataclass
from typing import Literal

Profile = Literal["production", "fast"]

# The loops and pauses of the design are stated for a client deadline of 15 s.
_REFERENCE_DEADLINE = 15.0


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. `deadline` bounds one request, `send_by` the pause from intent to request,
    `server_life` how long FreeScout may work on a request nobody waits for, `margin` the rest.
    """

    deadline: float
    send_by: float
    server_life: float
    margin: float

    def __post_init__(self) -> None:
        """Refuse numbers under which absence could be believed too early."""
        for field in ("deadline", "send_by", "server_life", "margin"):
            if getattr(self, field) <= 0:
                raise ValueError(f"timing.{field} must be above 0 s")
        pause = self.send_by
        if self.quarantine(self.deadline) <= pause + self.deadline + self.server_life:
            raise ValueError("the quarantine must outlast pause + deadline + server life")

    @property
    def scale(self) -> float:
        """Factor from the design's seconds to this profile's."""
        return self.deadline / _REFERENCE_DEADLINE

    def scaled(self, seconds: float) -> float:
        """A loop or pause that the design states for the production profile, in this profile."""
        return seconds * self.scale

    def request_deadline(self, body_bytes: int) -> float:
        """Seconds for one request: the base plus 1 s per 250 KB, at most 120 s (scaled)."""
        return min(self.deadline + self.scaled(body_bytes / 250_000), self.scaled(120))

    def quarantine(self, request_deadline: float) -> float:
        """Seconds after the intent until a missing marker proves that nothing was written."""
        return self.send_by + request_deadline + self.server_life + self.margin

    def lease(self, request_deadline: float) -> float:
        """Seconds a lease must still live when an intent is committed under it."""
        return request_deadline + self.send_by + 3 * self.margin

    @property
    def ack_wait(self) -> float:
        """Seconds until an unacknowledged delivery is given to another worker."""
        return 4 * self.deadline

    @property
    def heartbeat(self) -> float:
        """Seconds between two signs of life for a delivery in work."""
        return self.ack_wait / 4

    @property
    def nak_delays(self) -> tuple[float, ...]:
        """Seconds before each redelivery of an unavailable dependency, then the row waits."""
        return tuple(self.scaled(seconds) for seconds in (1, 5, 30))

    @property
    def due_interval(self) -> float:
        """Seconds between two passes of the due loop."""
        return self.scaled(10)

    @property
    def republish_after(self) -> float:
        """Seconds after a publish until the row is due again if nothing was heard."""
        return self.scaled(600)

    @property
    def probe_interval(self) -> tuple[float, float]:
        """Shortest and longest seconds between two probes of a dependency that is down."""
        return self.scaled(5), self.scaled(20)

    @property
    def bucket_seconds(self) -> float:
        """Width of the time bucket in the id of a publish after the first."""
        return self.scaled(60)

    def bucket(self, now: float) -> str:
        """Time bucket for a publish after the first, at `now` epoch seconds."""
        return f"r{int(now // self.bucket_seconds)}"


PROFILES: dict[Profile, Timing] = {
    "production": Timing(deadline=15, send_by=5, server_life=60, margin=10),
    "fast": Timing(deadline=0.8, send_by=0.2, server_life=1.5, margin=0.5),
}
