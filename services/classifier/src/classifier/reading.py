"""From threads of FreeScout to what is judged: plain visible text, without quoted history. Pure."""

from classifier.inquiry import Inquiry, Turn
from classifier.policy import Burst
from csm.freescout_model import Conversation, Thread
from csm.own_words import one_line, text_of

# Of the messages before, the first request and these many newest ones.
_EARLIER = 8


def inquiry(conversation: Conversation, burst: Burst) -> Inquiry:
    """What a burst says. Notes and drafts of the team are never among the earlier messages."""
    newest = burst.newest
    return Inquiry(
        subject=one_line(conversation.subject),
        newest=tuple(text_of(thread) for thread in burst.threads),
        earlier=tuple(_turn(thread) for thread in _chosen(burst.earlier)),
        flags=burst.flags,
        sender=(newest.customer_email or conversation.customer_email).casefold(),
        files=tuple(
            one_line(file.file_name) for thread in burst.threads for file in thread.attachments
        ),
    )


def _turn(thread: Thread) -> Turn:
    return Turn("customer" if thread.type == "customer" else "agent", text_of(thread))


def _chosen(earlier: tuple[Thread, ...]) -> tuple[Thread, ...]:
    """Always the first request: later answers lean on it."""
    return earlier if len(earlier) <= _EARLIER else (earlier[0], *earlier[-_EARLIER + 1 :])
