"""A case with its known answer: one JSON object a line, checked when it is read."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from csm.contracts import Category
from csm_cli.evaluation import Split

Text = Annotated[str, StringConstraints(min_length=1)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Importance = Annotated[int, Field(ge=1, le=10)]

CATEGORIES: tuple[Category, ...] = get_args(Category)


class CaseError(Exception):
    """The set cannot be used; the text names file, line, field and what is wrong there."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(_Part):
    """One mail or answer as it was sent: text or HTML, Gmail's labels, names of its files."""

    by: Literal["customer", "agent"] = "customer"
    sender: Annotated[Text, Field(alias="from")]
    subject: str = ""
    body: str | None = None
    html: str | None = None
    headers: dict[str, str | list[str]] = {}
    labels: tuple[str, ...] = ()
    attachments: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _one_text(self) -> "Message":
        if (self.body is None) == (self.html is None):
            raise ValueError("exactly one of body and html is needed")
        return self


class Context(_Part):
    """What the desk and the knowledge base know beside the mail; `knowledge` is text by its id."""

    earlier_conversations: Annotated[int, Field(ge=0)] = 0
    knowledge: dict[str, Text] = {}


class Expected(_Part):
    """The right answer; any importance within `range` (both ends included) is acceptable."""

    category: Category
    importance: Importance
    range: tuple[Importance, Importance]

    @model_validator(mode="after")
    def _importance_in_range(self) -> "Expected":
        if not self.range[0] <= self.importance <= self.range[1]:
            raise ValueError(f"importance {self.importance} is outside its range {self.range}")
        return self


class DraftDemands(_Part):
    """What a good draft does; `|` between words means that any of them will do.

    `asks` are the customer's questions, each as the words by which an answer is known.
    `reference` is the answer that a person sent, in cases exported from a desk.
    """

    language: Language
    must_mention: tuple[Text, ...] = ()
    must_not_contain: tuple[Text, ...] = ()
    asks: tuple[Text, ...] = ()
    may_cite: tuple[Text, ...] = ()
    reference: Text | None = None


class Case(_Part):
    """A conversation up to the customer's last message, and what should become of it.

    `planted` are the exact pieces of the text that try to steer whoever reads it.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
    split: Split
    provenance: Literal["handwritten", "synthetic", "real-anonymised", "real"]
    lang: Language
    messages: Annotated[tuple[Message, ...], Field(min_length=1)]
    context: Context = Context()
    expected: Expected
    draft: DraftDemands | None = None
    planted: tuple[Text, ...] = ()
    tags: frozenset[Text] = frozenset()

    @model_validator(mode="after")
    def _consistent(self) -> "Case":
        if self.messages[-1].by != "customer":
            raise ValueError("the last message must be the customer's: it is the one to judge")
        if bool(self.planted) != ("injection" in self.tags):
            raise ValueError('planted text and the tag "injection" belong together')
        text = "\n".join(_texts(self.messages))
        if absent := [piece for piece in self.planted if piece not in text]:
            raise ValueError(f"planted text is not in the messages: {absent[0]!r}")
        if self.draft and (unknown := set(self.draft.may_cite) - set(self.context.knowledge)):
            raise ValueError(f"draft.may_cite names knowledge that is not there: {unknown}")
        return self

    @property
    def fingerprint(self) -> str:
        """Changes with everything a judge is shown, and with nothing else."""
        shown = self.model_dump_json(include={"messages", "context"}, by_alias=True)
        return hashlib.sha256(shown.encode()).hexdigest()


def load(path: Path) -> list[Case]:
    """All cases of the file, in its order. CaseError names the first line that is none."""
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot be read as UTF-8 text: {error}") from error
    cases = [_parsed(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not cases:
        raise CaseError(f"{path}: has no cases, one JSON object a line is expected")
    doubled = [name for name, count in Counter(case.id for case in cases).items() if count > 1]
    if doubled:
        raise CaseError(f"{path}: the id {doubled[0]} is there more than once")
    return cases


def without_planted(case: Case) -> Case:
    """The same case as it would be had nobody tried to steer; for comparing the two verdicts."""
    content = case.model_dump(mode="json", by_alias=True)
    for message in content["messages"]:
        for name in ("from", "subject", "body", "html"):
            if message[name] is not None:
                message[name] = _cleared(message[name], case.planted) or _EMPTIED[name]
        kept = (_cleared(file, case.planted) for file in message["attachments"])
        message["attachments"] = [file for file in kept if file]
    content["planted"], content["tags"] = [], sorted(case.tags - {"injection"})
    return Case.model_validate(content)


_EMPTIED = {"from": "sender@desk.example", "subject": "", "body": "", "html": ""}


def _cleared(text: str, planted: tuple[str, ...]) -> str:
    for piece in planted:
        text = text.replace(piece, "")
    return text.strip()


def _parsed(path: Path, number: int, line: str) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the object"
        raise CaseError(f"{path}: line {number}, {where}: {first['msg']}") from error


def _texts(messages: tuple[Message, ...]) -> Iterator[str]:
    for message in messages:
        yield from (message.sender, message.subject, message.body or message.html or "")
        yield from message.attachments
