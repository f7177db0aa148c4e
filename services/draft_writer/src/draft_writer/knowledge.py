"""What drafts build on: Markdown files and saved replies, one index in memory (BM25)."""

import hashlib
import re
from collections.abc import Iterator, Sequence
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
    """The files of a folder as they were at the start; `snapshot` names that very content."""

    def __init__(self, folder: Path | None) -> None:
        """Read and index them; raises OSError, UnicodeDecodeError."""
        files = sorted(folder.rglob("*.md")) if folder else []
        named = [(file.relative_to(folder or file).as_posix(), file.read_text()) for file in files]
        self.snippets = tuple(snippet for name, text in named for snippet in parts(name, text))
        self.snapshot = _hash(named)
        self._index = _indexed(self.snippets)

    def search(self, texts: Sequence[str], number: int) -> tuple[Snippet, ...]:
        """The parts that have most of the rare words of `texts`, the best first."""
        words = _words(" ".join(texts))
        if self._index is None or not words:
            return ()
        scores = self._index.get_scores(words)
        best = sorted(range(len(self.snippets)), key=lambda n: -scores[n])[:number]
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


def _hash(named: Sequence[tuple[str, str]]) -> str:
    if not named:
        return ""
    digest = hashlib.sha256()
    for name, text in named:
        digest.update(f"{name}\0{len(text)}\0{text}".encode("utf-8", "replace"))
    return digest.hexdigest()
