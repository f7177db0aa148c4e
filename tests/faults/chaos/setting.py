"""What a run is asked for, and how much mischief there is at which times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

DatabaseKind = Literal["sqlite", "postgres"]
TimingName = Literal["fast", "production"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The run: `mails` of them, repeatable in its choices by `seed`."""

    mails: int = 500
    database: DatabaseKind = "sqlite"
    timing: TimingName = "fast"
    seed: int = 1

    @property
    def replicas(self) -> int:
        """SQLite has one writer process."""
        return 3 if self.database == "postgres" else 1

    @property
    def pace(self) -> "Pace":
        """The times of the profile."""
        return PACES[self.timing]


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds. `freeze` stays below the quarantine: for longer nothing is claimed."""

    freeze: tuple[float, float]
    lock: tuple[float, float]
    outage: tuple[float, float]
    late: float
    patience: float


# A late request is applied after the client's deadline and before the server's life is over.
PACES: Mapping[TimingName, Pace] = {
    "fast": Pace((0.3, 2.8), (0.2, 2.0), (0.3, 2.0), late=1.4, patience=120),
    "production": Pace((2, 30), (1, 10), (1, 10), late=25, patience=900),
}

# Per write: what the desk does wrong. Every third answer in a hundred is ambiguous.
RATES: Mapping[str, float] = {
    "before": 0.05,
    "reset": 0.015,
    "lost": 0.01,
    "after": 0.01,
    "html": 0.003,
    "html_after": 0.003,
    "late": 0.005,
    "half": 0.004,
    "attachments_lost": 0.002,
}

GMAIL_RULES: tuple[Mapping[str, Any], ...] = (
    {"kind": "503", "rate": 0.01},
    {"kind": "reset", "rate": 0.005},
    {"kind": "429", "rate": 0.005, "retry_after_s": 0.2},
)

# After how many finished mails each happens again, on average.
EVERY: Mapping[str, int] = {
    "worker killed": 40,
    "worker frozen": 200,
    "NATS killed": 250,
    "database locked": 250,
    "database restarted": 400,
    "streams deleted": 400,
    "history expired": 400,
}
