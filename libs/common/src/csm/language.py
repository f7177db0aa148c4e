"""Which of the configured languages a text is written in."""

from collections.abc import Iterable, Sequence
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from csm.outside_text import folded

# Below so many letters the model guesses (`Danke` is Danish to it): common words decide.
_ENOUGH = 60
_SCANNED = 4_000

_COMMON: dict[str, str] = {
    "en": "the and you is are was have has not with for this that my our we it can please thanks "
    "thank hello hi dear will what how would your from help got",
    "de": "der die das und ist nicht ich wir sie mit fur auf ein eine bitte danke hallo guten tag "
    "haben hat kann mein unser seit wie was sehr geehrte grusse den dem von",
    "fr": "le la les et est pas je nous vous avec pour une des merci bonjour notre mon ma votre "
    "que qui dans sur ne du au avez suis cordialement",
    "es": "el los las y es no con para una por gracias hola buenos dias mi nuestro su que en del "
    "tengo hemos ha como usted saludos pero muy",
    "it": "il lo gli e non con per una grazie buongiorno salve mio nostro vostro che di del della "
    "sono ho abbiamo come cordiali saluti ma anche",
    "nl": "het een en is niet ik wij we jullie met voor bedankt dank hallo goedendag mijn onze uw "
    "dat die van op kunnen kan heb hebben graag groeten maar nog",
    "pt": "os as e nao com para uma por obrigado obrigada ola bom dia meu minha nosso vosso seu "
    "que em do da tenho temos como cumprimentos mas muito",
}


class Languages:
    """Decides among the languages of one mailbox."""

    def __init__(self, configured: Sequence[str]) -> None:
        """`configured`: ISO 639-1 codes that the model knows; no other is ever named."""
        self._configured = tuple(configured)

    def __call__(self, texts: Iterable[str], subject: str = "") -> str:
        """The language of the first of `texts`; of all with the subject while that is short."""
        text = ""
        for one in texts:
            text = f"{text} {one}"[:_SCANNED]
            if _letters(text) >= _ENOUGH:
                return self._by_model(text)
        return self._by_words(f"{subject} {text}")

    def warm(self) -> None:
        """Load the model now: the first mail would wait for it for a second or two."""
        self._by_model("warm")

    def _by_model(self, text: str) -> str:
        known = tuple(sorted(self._configured))
        name: str = _identifier(known).classify(text)[0]
        return name

    def _by_words(self, text: str) -> str:
        """The language with the most common words; without a winner the model is asked."""
        found = set(folded(text).replace(",", " ").replace("!", " ").split())
        scores = {
            name: len(found & set(_COMMON[name].split()))
            for name in self._configured
            if name in _COMMON
        }
        best = sorted(scores, key=lambda name: -scores[name])
        if best and scores[best[0]] > max((scores[name] for name in best[1:]), default=0):
            return best[0]
        return self._by_model(text) if _letters(text) else ""


def _letters(text: str) -> int:
    return sum(c.isalpha() for c in text)


@cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    """The model, reduced to these languages; loaded once."""
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(languages)
    return identifier
