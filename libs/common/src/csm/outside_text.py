"""Text that strangers wrote, made fit for a prompt: visible parts only, cleaned, cut, marked. Pure.

Nothing here makes a model immune; it takes away what a reader of the mail could not see either, and
says where the outside begins and ends (spotlighting, Hines et al. 2024: a mitigation, no proof).
"""

import re
import unicodedata
from dataclasses import dataclass

# Characters without a shape of their own: zero width, direction, joiners, tags, fillers, controls.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_BLANKS = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# What begins our markers, and what begins control tokens of common chat templates. A blank is put
# inside, so that nothing is lost and nothing new can arise.
_OPENERS = re.compile(
    r"\[(?=\[)|\](?=\])|<(?=\|)|\|(?=>)|<(?=<)|\[(?=/?INST\])|<(?=/?s>)|<(?=(?:start|end)_of_turn>)",
    re.IGNORECASE,
)

# "On <date>, <name> wrote:" as mail programs write it in our languages; always with a digit.
_ATTRIBUTION = re.compile(
    r"^(?=.{0,300}\d)(?:"
    r"on\s.{4,300}\swrote"
    r"|am\s.{4,300}\sschrieb(?:\s.{0,200})?"
    r"|le\s.{4,300}\sa\sécrit"
    r"|el\s.{4,300}\sescribió"
    r"|il\s.{4,300}\sha\sscritto"
    r"|op\s.{4,300}\sschreef(?:\s.{0,200})?"
    r"|(?:em|a|no\sdia)\s.{4,300}\sescreveu"
    r")\s*:\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\s*-{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|message d'origine"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|mensagem original)\s*-{2,}\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(?:from|von|de|da|van)\s?:\*?\s\S", re.IGNORECASE)
_SENT = re.compile(
    r"^\s*\*?(?:sent|gesendet|envoyé|enviado(?:\sel|\sem)?|inviato|verzonden|date|datum|data)\s?:",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"^\s{0,3}>")

_QUOTES = "\u2018\u2019\u0060\u00b4"
_ALIKE = str.maketrans(dict.fromkeys(_QUOTES, "'") | {"\u2013": "-", "\u2014": "-", "\u00ad": ""})


@dataclass(frozen=True, slots=True)
class Marker:
    """The pair of lines around one outside text; `token` is random for each request."""

    token: str

    @property
    def begin(self) -> str:
        """The line before."""
        return f"[[outside {self.token}]]"

    @property
    def end(self) -> str:
        """The line after."""
        return f"[[end outside {self.token}]]"

    def around(self, text: str) -> str:
        """`text` between the lines, unable to end itself: look-alikes are broken up."""
        inside = neutral(text).replace(self.token, " ")
        return f"{self.begin}\n{inside}\n{self.end}"


def clean(text: str) -> str:
    """`text` as a reader sees it: composed letters, plain line ends and blanks, no invisibles."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n")
    visible = _INVISIBLE.sub("", text.replace("\u2029", "\n\n"))
    composed = unicodedata.normalize("NFC", visible)
    lines = [_BLANKS.sub(" ", line).strip() for line in composed.split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def neutral(text: str) -> str:
    """`clean` text in which nothing looks like a marker or a chat template's control token."""
    return _OPENERS.sub(lambda found: f"{found[0]} ", clean(text))


def folded(text: str) -> str:
    """Lower case without accents; white space of all kinds is one blank, quotes are '."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(kept.translate(_ALIKE).split())


def newest_part(text: str) -> str:
    """`text` without the history that a mail program quoted below or between it.

    A mail that is nothing but history (a forward without a word) stays whole.
    """
    lines = text.split("\n")
    kept = [line for line in lines[: _history(lines)] if not _QUOTE.match(line)]
    kept = [line for line in kept if not _ATTRIBUTION.match(line)]
    return "\n".join(kept).strip() or text.strip()


def _history(lines: list[str]) -> int:
    """The line from which on everything is history, the number of lines if none."""
    for number, line in enumerate(lines):
        if _ORIGINAL.match(line) or _is_header_block(lines, number):
            return number
        if _ATTRIBUTION.match(line) and _is_rest_quoted(lines[number + 1 :]):
            return number
    return len(lines)


def _is_header_block(lines: list[str], number: int) -> bool:
    """Outlook quotes without a sign: a block of From and Sent stands before the history."""
    following = lines[number + 1 : number + 5]
    return bool(_FROM.match(lines[number])) and any(_SENT.match(line) for line in following)


def _is_rest_quoted(lines: list[str]) -> bool:
    """Whether no own words follow: all is quoted, or nothing is (a program without signs)."""
    words = [line for line in lines if line.strip()]
    quoted = sum(bool(_QUOTE.match(line)) for line in words)
    return quoted in (0, len(words))


def normalised(text: str) -> str:
    """What two mails have in common when they say the same: for the basis of a question.

    Without quoted history, invisibles, blank lines and differences of blanks.
    """
    lines = newest_part(clean(text)).split("\n")
    return "\n".join(line for line in lines if line)


def shortened(text: str, limit: int) -> str:
    """At most about `limit` characters: two thirds from the head, one from the tail, the gap said.

    A request stands at the head of a mail, the contact and the last question at its end.
    """
    if len(text) <= limit:
        return text
    head, tail = limit - limit // 3, limit // 3
    left_out = len(text) - head - tail
    return f"{text[:head]}\n[... {left_out} characters left out ...]\n{text[len(text) - tail :]}"
