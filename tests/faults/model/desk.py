"""FreeScout as its wire API shows it: get one, list by customer and updatedSince with threads.

No list by Gmail thread, no marker search, no unique key, no trace of what was removed.
"""

from faults.model.search import put
from faults.model.world import (
    AGENT,
    BARE,
    HALF,
    NONE,
    SENT,
    STORED,
    Conversation,
    Rules,
    State,
    Thread,
    World,
    touch,
)


def marked_in(state: State, conversation: int, mail: int) -> Thread | None:
    """GET a conversation: the thread with the mail's marker."""
    return next((t for t in state.desk[conversation].threads if t.mail == mail), None)


def updated_since(rules: Rules, state: State, mail: int) -> list[int]:
    """List by updatedSince = the time of the mail's intent.

    By createdSince nothing is listed: an imported conversation carries the mail's old date.
    """
    if not rules.lists_by_update:
        return []
    return [c for c, one in enumerate(state.desk) if one.touched >> mail & 1]


def look_for(rules: Rules, state: State, mail: int, conversation: int) -> tuple[int, Thread] | None:
    """Where the mail's marker is: in the conversation just read, then in the list."""
    places = [conversation] if conversation != NONE else []
    places += updated_since(rules, state, mail)
    for place in places:
        if thread := marked_in(state, place, mail):
            return place, thread
    return None


def husks_of(rules: Rules, state: State, mail: int) -> list[int]:
    """Conversations without threads that the mail's create may have left behind."""
    listed = updated_since(rules, state, mail)
    return [c for c in listed if not state.desk[c].threads and state.desk[c].merged_into == NONE]


def answered_by_agent(state: State) -> int | None:
    """The conversation that holds the agent's reply: what FS_reply names."""
    held = (c for c, one in enumerate(state.desk) if any(t.mail == AGENT for t in one.threads))
    return next(held, None)


def serve(world: World, state: State, mail: int, conversation: int, stage: str) -> tuple[
    State, int, str
]:  # fmt: skip
    """FreeScout's next step with a request: (state, conversation, stage)."""
    if stage == BARE:
        return _with_thread(state, conversation, Thread(mail), replaces=True), conversation, STORED
    if stage == SENT and conversation == NONE:
        made = touch(state, Conversation())
        return state._replace(desk=(*state.desk, made)), len(state.desk), HALF
    is_whole = not world.mails[mail].has_files
    stored = _with_thread(state, conversation, Thread(mail, is_whole), replaces=False)
    return stored, conversation, STORED if is_whole else BARE


def _with_thread(state: State, conversation: int, thread: Thread, *, replaces: bool) -> State:
    """The thread added (a late one revives the empty shell of a merge), or its files saved."""
    one = state.desk[conversation]
    if replaces:
        # Where the thread is by now: a merge may have moved it.
        return state._replace(
            desk=tuple(
                c._replace(threads=tuple(thread if t.mail == thread.mail else t for t in c.threads))
                for c in state.desk
            )
        )
    changed = one._replace(threads=(*one.threads, thread), merged_into=NONE)
    return state._replace(desk=put(state.desk, conversation, touch(state, changed)))


def merge(state: State, source: int, target: int) -> State:
    """Threads keep their ids and move; the source stays as an empty shell."""
    moved = state.desk[source].threads
    whole = state.desk[target]._replace(threads=(*state.desk[target].threads, *moved))
    shell = state.desk[source]._replace(threads=(), merged_into=target)
    desk = put(put(state.desk, source, touch(state, shell)), target, touch(state, whole))
    return state._replace(desk=desk)


def reply(state: State, conversation: int) -> State:
    """An agent replies there."""
    return _with_thread(state, conversation, Thread(AGENT), replaces=False)
