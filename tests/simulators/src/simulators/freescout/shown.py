"""How the pages show things: ages, sizes, cleaned HTML, markers, links."""

from urllib.parse import quote

import nh3
from markupsafe import Markup

from simulators.freescout.records import Attachment, Thread
from simulators.freescout.state import MARKER

_TAGS = nh3.ALLOWED_TAGS - {"img"}
_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


def cleaned(body: str) -> Markup:
    """Return a thread's HTML cleaned of everything that runs, loads or hides."""
    return Markup(nh3.clean(body, tags=_TAGS))  # noqa: S704 - just cleaned


def markers(thread: Thread) -> list[str]:
    """Return the markers hidden in the thread's text."""
    return MARKER.findall(thread.body)


def download(file: Attachment) -> str:
    """Return the path that fetches a file."""
    return f"/storage/attachment/{file.id}/{quote(file.name)}?id={file.id}&token={file.token}"


def readable_age(seconds: int) -> str:
    """Return a length of time as people say it."""
    if seconds < 60:
        return "just now"
    unit, length = next((unit, length) for unit, length in _UNITS if seconds >= length)
    return f"{seconds // length} {unit} ago"


def readable_size(length: int) -> str:
    """Return a number of bytes as people say it."""
    if length < 1024:
        return f"{length} B"
    return f"{length / 1024:.0f} KB" if length < 1024**2 else f"{length / 1024**2:.1f} MB"
