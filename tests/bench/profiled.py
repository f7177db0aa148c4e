"""Runs gmail_ingest and tells its CPU time by kind: for the benchmark, never for production.

Every few milliseconds of CPU time a signal asks each thread what it has used since and where it is.
SIGUSR1 begins anew, SIGUSR2 writes seconds by kind as JSON to the file that is the only argument.
"""

import json
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

from gmail_ingest.__main__ import main

_EVERY = 0.003  # seconds of CPU time
# Part of a file's path -> kind; the innermost frame that is known decides.
KINDS: dict[str, str] = {
    "/sqlalchemy/": "db",
    "/sqlmodel/": "db",
    "/csm/db/": "db",
    "/gmail_ingest/state.py": "db",
    "/csm/work.py": "db",
    "/csm/lease.py": "db",
    "/httplib2/": "http: Gmail",
    "/googleapiclient/": "http: Gmail",
    "/google": "http: Gmail",
    "/gmail_ingest/gmail": "http: Gmail",
    "/httpx/": "http: FreeScout",
    "/httpcore/": "http: FreeScout",
    "/h11/": "http: FreeScout",
    "/csm/freescout": "http: FreeScout",
    "/nats/": "bus",
    "/faststream/": "bus",
    "/csm/subscription.py": "bus",
    "/csm/bus.py": "bus",
    "/email/": "mail",
    "/selectolax/": "mail",
    "/gmail_ingest/mime.py": "mail",
    "/gmail_ingest/thread_text.py": "mail",
    "/gmail_ingest/job.py": "mail",
    "/gmail_ingest/spool.py": "spool",
    "/opentelemetry/": "traces",
    "/structlog/": "logs",
    "/logging/": "logs",
}
# Threads that do one thing only.
_THREADS = {"sqlite": "db", "gmail": "http: Gmail"}
# Where a thread only waits: what it has used since its last sample was used before it came here.
_WAITING = {("selectors.py", "select"), ("thread.py", "_worker")}


class Profiler:
    """Adds up CPU seconds by kind and by function."""

    def __init__(self, out: Path) -> None:
        self._out = out
        self.kinds: Counter[str] = Counter()
        self.places: Counter[str] = Counter()
        self._clocks: dict[int, float] = {}

    def begin(self, *_signal: object) -> None:
        """Forget what was counted."""
        self.kinds.clear()
        self.places.clear()
        self._clocks = {
            ident: time.clock_gettime(time.pthread_getcpuclockid(ident))
            for ident in sys._current_frames()
        }
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)

    def end(self, *_signal: object) -> None:
        """Write what was counted."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        counted = {"kinds": dict(self.kinds), "places": dict(self.places.most_common(80))}
        aside = self._out.with_suffix(".part")
        aside.write_text(json.dumps(counted, indent=1))
        aside.rename(self._out)

    def sample(self, _number: int, interrupted: FrameType | None) -> None:
        """Charge each thread's time since the last sample to where it is now."""
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        here = threading.get_ident()
        for ident, current in sys._current_frames().items():
            frame = interrupted if ident == here else current
            if frame is None or _waits(frame):
                continue
            clock = time.clock_gettime(time.pthread_getcpuclockid(ident))
            spent = clock - self._clocks.get(ident, clock)
            self._clocks[ident] = clock
            kind, place = _where(frame, names.get(ident, ""))
            self.kinds[kind] += spent
            self.places[f"{kind} | {place}"] += spent


def _waits(frame: FrameType) -> bool:
    return (frame.f_code.co_filename.rpartition("/")[2], frame.f_code.co_name) in _WAITING


def _where(frame: FrameType | None, thread: str) -> tuple[str, str]:
    kind = next((k for name, k in _THREADS.items() if thread.startswith(name)), "")
    stack: list[str] = []
    while frame is not None:
        path = frame.f_code.co_filename
        kind = kind or next((k for part, k in KINDS.items() if part in path), "")
        stack.append(f"{path.rpartition('/')[2]}:{frame.f_code.co_name}")
        frame = frame.f_back
    return kind or "rest", " < ".join(stack[:6])


if __name__ == "__main__":
    profiler = Profiler(Path(sys.argv[1]))
    signal.signal(signal.SIGPROF, profiler.sample)
    signal.siginterrupt(signal.SIGPROF, False)  # noqa: FBT003 - the C function's own signature
    signal.signal(signal.SIGUSR1, profiler.begin)
    signal.signal(signal.SIGUSR2, profiler.end)
    main()
