"""A story in the order of time, and what an operator does about it: pure, from the answers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from csm_cli.terminal import Json

# When (epoch seconds), which service, what happened.
Happening = tuple[float, str, str]


def events(services: Mapping[str, Json]) -> list[Happening]:
    """Everything that is dated, oldest first."""
    found = [one for name, said in services.items() for one in _of_service(name, said)]
    return sorted(found)


def _of_service(name: str, said: Json) -> Iterator[Happening]:
    for story in said["rows"]:
        for at, words in (*_of_mail(story), *_of_row(story["work"]), *_of_writes(story)):
            yield at, name, words
    for about in said["about"].values():
        for at, words in (*_of_verdicts(about), *_of_drafts(about), *_of_webhooks(about)):
            yield at, name, words


def _of_mail(story: Json) -> Iterator[tuple[float, str]]:
    for mail in story.get("journal", ()):
        if mail["internal_date"]:
            yield mail["internal_date"] / 1000, f"Gmail accepted {mail['gmail_message_id']}"


def _of_row(row: Json) -> Iterator[tuple[float, str]]:
    yield row["created_at"], f"noticed {row['id']}"
    if row["reopened_at"]:
        yield row["reopened_at"], f"due again {row['id']}"
    if row["ended_at"]:
        why = f": {row['reason']}" if row["reason"] else ""
        yield row["ended_at"], f"{row['state']} {row['id']}{why}"


def _of_writes(story: Json) -> Iterator[tuple[float, str]]:
    for effect in story["effects"]:
        number = f" (attempt {effect['attempt']})" if effect["attempt"] > 1 else ""
        yield effect["sent_at"], f"{effect['kind']} sent to FreeScout{number}"
        if effect["done_at"]:
            words = f"{effect['kind']} recorded as thread {effect['thread_id']}"
            yield effect["done_at"], words
    for repair in story["repairs"]:
        yield repair["at"], f"an operator: {repair['verb']}, {repair['reason']}"


def _of_verdicts(about: Json) -> Iterator[tuple[float, str]]:
    for row in about.get("verdicts", ()):
        told = row["told"] or {}
        if row["covered_by"]:
            words = f"thread {row['thread_id']} judged with thread {row['covered_by']}"
        else:
            sorted_as = f"{told.get('category', '')} {told.get('priority', '')}".strip()
            words = f"{row['state']} verdict on thread {row['thread_id']}: {sorted_as}"
            words += f" by {row['method']}" if row["method"] else ""
        yield row["created_at"], words
    for row in about.get("not_judged", ()):
        yield row["seen_at"], f"not judged: {row['reason']}"


def _of_drafts(about: Json) -> Iterator[tuple[float, str]]:
    for row in about.get("drafts", ()):
        name = f"draft for thread {row['basis_thread_id']}"
        yield row["begun_at"], f"{name} begun"
        if row["ended_at"]:
            why = f": {row['reason']}" if row["reason"] else ""
            far = f", {row['distance']:.0%} changed" if row["distance"] is not None else ""
            yield row["ended_at"], f"{name} {row['state']}{far}{why}"


def _of_webhooks(about: Json) -> Iterator[tuple[float, str]]:
    for row in about.get("deliveries", ()):
        yield row["received_at"], f"webhook {row['event']}: {row['meaning']}"


def advice(wanted: str, rows: Sequence[tuple[str, Json]]) -> list[str]:
    """What to do about these pieces of work; one line when there is nothing to do."""
    lines = dict.fromkeys(_advice(wanted, (story["work"] for _, story in rows)))
    return list(lines) or ["nothing to do"]


def _advice(wanted: str, rows: Iterable[Json]) -> Iterator[str]:
    for row in rows:
        match row["state"]:
            case "parked":
                yield f"when its cause is gone: csm replay {wanted}"
            case "degraded":
                yield f"the ticket is a stub; after an update: csm replay {wanted}"
            case "filtered" if row["event"] == "message.received":
                yield f"kept out by the filter; to let it pass: csm release {row['id']}"
            case "dry-run":
                yield f"withheld by `write`; once that is raised: csm replay {wanted}"
            case "wanted" if row["waiting_for"]:
                yield f"waits for {row['waiting_for']}, goes on by itself: see csm status"
