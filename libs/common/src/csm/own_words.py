"""What a thread says in its writer's own words: visible, unquoted, without secrets. Pure."""

from csm.freescout_model import Thread
from csm.outside_text import clean, newest_part
from csm.redact import without_secrets
from csm.visible import visible_text

# Characters of one message that are kept; what is longer is a log file or a book.
_MOST = 50_000


def text_of(thread: Thread) -> str:
    """What somebody who opens the thread reads as its own words, without secrets."""
    text = newest_part(clean(visible_text(thread.body, quotes=False)))
    return without_secrets(text[:_MOST]).text


def one_line(text: str) -> str:
    """A subject or a file name."""
    return without_secrets(" ".join(clean(text).split())[:500]).text
