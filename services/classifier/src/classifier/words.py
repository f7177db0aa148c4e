"""Words by which the rules know a mail, in seven languages.

A text is folded first (lower case, no accents), so the words stand here folded. Each is the
beginning of a word, a whole one with `_` at its end; `*` stands for up to three words in between.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache


class Words:
    """One meaning and the words for it, by language (`|` between them)."""

    def __init__(self, **by_language: str) -> None:
        """Compiled when first needed."""
        self._by_language = by_language

    def are_in(self, text: str, languages: Sequence[str]) -> bool:
        """Whether one of them stands in a folded text."""
        return any(_pattern(words).search(text) for words in self._of(languages))

    def _of(self, languages: Sequence[str]) -> Iterator[str]:
        return (self._by_language[name] for name in languages if name in self._by_language)


@dataclass(frozen=True, slots=True)
class Cue:
    """A sign that a mail is of some kind: `name` says it to people, `weight` how sure it is."""

    name: str
    weight: int
    words: Words


_SOME_WORDS = re.compile(r"(?<![^ |(])\* ")
_WORD_END = re.compile(r"_(?=[|)]|$)")


@cache
def _pattern(words: str) -> re.Pattern[str]:
    gaps = _SOME_WORDS.sub(r"(?:[^\\s.!?]+ ){0,3}?", words)
    ends = _WORD_END.sub(r"\\b", gaps)
    return re.compile(rf"\b(?:{ends})")
