"""A text as the rules look at it: folded, and without what speaks to machines. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from classifier.inquiry import Inquiry, joined
from classifier.words import Cue, Words
from csm.outside_text import folded

# Characters that are looked at: the end of a long mail is quoted history and footers.
_SCANNED = 12_000
_SUBJECT = 500
_ALL = ("en", "de", "fr", "es", "it", "nl", "pt")

# Text that speaks to a machine. What is said in such a sentence counts for nothing.
_STEERS = re.compile(
    r"\b(?:a\.?i\.?_|assistant|assistent|asistente|assistente|chatbot|bot_|gpt|llm|language model|"
    r"sprachmodell|modele de langage|modelo de lenguaje|modello linguistico|taalmodel|"
    r"modelo de linguagem|classifier|klassifi|classifi|clasific|clasifi|system prompt|prompt_|"
    r"system\s?:|assistant\s?:|user\s?:|developer\s?:|instructions?|instruktion|consignes|instrucc|"
    r"istruzion|instrucoes|anweisung|instructies|ignore|ignorier|ignorez|ignora|negeer|disregard|"
    r"override|importance|wichtigkeit|importancia|importanza|belangrijkheid|"
    r"priority\s?(?:=|:|to|p?\d)|p[0-3]_|prioritat|priorite|prioridad|priorita|prioriteit|prioridade|"
    r"label (?:this|it|as)|(?:mark|tag|rate|score|treat|sort|file|flag) (?:this|it|me)|"
    r"set (?:the )?(?:category|priority)|category|kategorie|categorie|categoria|"
    r"you are (?:now|an?) |du bist (?:jetzt|nun)|tu es (?:maintenant|desormais)|"
    r"developer mode|jailbreak|triage|10/10|severity|json|output_|respond with|antworte mit|"
    r"(?:as|als|comme|como|come) (?:a |ein |un |una |een |um )?lead_|vip_|"
    r"(?:previous|vorherig|precedent|anterior|vorige)\w* (?:instruction|message|rule|regel|regle)|"
    r"note to (?:the )?(?:ai|system|model|reader)|automat\w* (?:system|sort)|"
    r"algorithm|algoritm)".replace("_", r"\b"),
)
_BRACKETED = re.compile(r"[\[{(<][^\[\]{}<>]{0,2000}[\]})>]")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*|\n")


@dataclass(frozen=True, slots=True)
class Reading:
    """A folded text and the languages to read it in."""

    text: str
    languages: tuple[str, ...]

    def has(self, wanted: Words) -> bool:
        """Whether one of the words is there."""
        return wanted.are_in(self.text, self.languages)

    def those_of(self, wanted: Iterable[Cue]) -> Iterator[Cue]:
        """The cues that are there."""
        return (cue for cue in wanted if self.has(cue.words))

    @property
    def length(self) -> int:
        """In words."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Readings:
    """An inquiry as the rules look at it.

    `now` are the newest messages without what steers machines. `trusted` is what of them counts
    as grave: who gives orders goes on in the same paragraph. `before` is what the customer wrote
    earlier.
    """

    now: Reading
    trusted: Reading
    before: Reading
    was_steered: bool


def read(inquiry: Inquiry, language: str) -> Readings:
    """The inquiry in `language`; whose language is not known (empty) may write in any."""
    # Many write with English words.
    languages = tuple(dict.fromkeys((language, "en"))) if language else _ALL
    whole = f"{inquiry.subject[:_SUBJECT]}\n{joined(inquiry.newest)}"[:_SCANNED]
    earlier = joined([turn.text for turn in inquiry.earlier if turn.by == "customer"])[:_SCANNED]
    kept, was_steered = unsteered(whole)
    return Readings(
        now=Reading(folded(kept), languages),
        trusted=Reading(folded(before_steering(whole)), languages),
        before=Reading(folded(unsteered(earlier)[0]), languages),
        was_steered=was_steered,
    )


def unsteered(text: str) -> tuple[str, bool]:
    """The text without sentences and brackets that speak to a machine, and whether there were any.

    What they say may not count: neither their category nor the severe words they borrow.
    """
    was_steered = False

    def cut(found: re.Match[str]) -> str:
        nonlocal was_steered
        if not _STEERS.search(folded(found[0])):
            return found[0]
        was_steered = True
        return " "

    return _SENTENCE.sub(cut, _BRACKETED.sub(cut, text)), was_steered


def before_steering(text: str) -> str:
    """Of each line only what stands before the first sentence that speaks to a machine."""
    kept: list[str] = []
    for line in text.split("\n"):
        sentences = [found[0] for found in _SENTENCE.finditer(line)]
        steers = [bool(_STEERS.search(folded(sentence))) for sentence in sentences]
        kept.append("".join(sentences[: steers.index(True) if any(steers) else None]))
    return "\n".join(kept)
