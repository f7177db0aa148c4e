"""What drafts build on: Markdown files and saved replies, one index in memory (BM25)."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import bm25s

from csm.outside_text import clean, folded, shortened

# A part that is told to a model at most, in characters.
_LONGEST = 1500
_HEADING = re.compile(r"^#{1,4}\s+(.*)$", re.MULTILINE)
_WORD = re.compile(r"\w{2,}")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9/-]+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A part of a file. Its id, `kb:returns.2`, is cited in notes only."""

    id: str
    text: str


class Knowledge:
    """What may be told to a model; `snapshot` names that very content."""

    def __init__(self, snippets: Iterable[Snippet] = (), told: int = 4) -> None:
        """Index them; the best `told` of them are found."""
        self.snippets = tuple(snippets)
        self.snapshot = _hash(self.snippets)
        self._told = told
        self._index = _indexed(self.snippets)

    @classmethod
    def read(cls, folder: Path | None, told: int) -> "Knowledge":
        """The files of a folder as they are now; raises OSError, UnicodeDecodeError."""
        files = sorted(folder.rglob("*.md")) if folder else []
        named = [(file.relative_to(folder or file).as_posix(), file.read_text()) for file in files]
        return cls((snippet for name, text in named for snippet in parts(name, text)), told)

    def search(self, texts: Sequence[str]) -> tuple[Snippet, ...]:
        """The parts that have most of the rare words of `texts`, the best first."""
        words = _words(" ".join(texts))
        if self._index is None or not words:
            return ()
        scores = self._index.get_scores(words)
        best = sorted(range(len(self.snippets)), key=lambda n: -scores[n])[: self._told]
        return tuple(self.snippets[n] for n in best if scores[n] > 0)


def parts(name: str, text: str) -> Iterator[Snippet]:
    """A file by its headings; a saved reply (a file in `replies/`) stays whole."""
    stem = _NOT_IN_NAMES.sub("-", name.removesuffix(".md").lower()).replace("/", ".")
    if name.startswith("replies/"):
        yield Snippet(f"kb:{stem}", shortened(clean(text), _LONGEST))
        return
    edges = [0, *(found.start() for found in _HEADING.finditer(text)), len(text)]
    pieces = [clean(text[a:b]) for a, b in pairwise(edges)]
    told = [piece for piece in pieces if piece]
    for number, piece in enumerate(told, start=1):
        yield Snippet(f"kb:{stem}.{number}", shortened(piece, _LONGEST))


def _words(text: str) -> list[str]:
    return _WORD.findall(folded(text))


def _indexed(snippets: Sequence[Snippet]) -> bm25s.BM25 | None:
    corpus = [_words(snippet.text) for snippet in snippets]
    if not any(corpus):
        return None
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    return index


def _hash(snippets: Sequence[Snippet]) -> str:
    if not snippets:
        return ""
    digest = hashlib.sha256()
    for snippet in snippets:
        words = f"{snippet.id}\0{len(snippet.text)}\0{snippet.text}"
        digest.update(words.encode("utf-8", "replace"))
    return digest.hexdigest()
