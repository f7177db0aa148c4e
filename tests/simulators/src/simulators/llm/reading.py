"""What the simulated model makes of a mail: always the same for the same words. Pure.

It reads only what stands between the markers, and obeys nothing that is written there.
"""

import re
from dataclasses import dataclass

_MARKED = re.compile(
    r"^\[\[outside (\w+)\]\]\n(.*?)\n\[\[end outside \1\]\]$", re.DOTALL | re.MULTILINE
)
_LEAD = re.compile(
    r"\b(quote|pricing|price list|offer|trial|demo|reseller|angebot|preisliste|devis|tarif|"
    r"presupuesto|precio|preventivo|listino|offerte|prijs|orçamento|preço)\w*",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(unsubscribe|newsletter|backlinks?|seo|abmelden|abbestellen|désabonner|darse de baja|"
    r"disiscriv\w*|uitschrijven|out of office|webinar|guest post)\b",
    re.IGNORECASE,
)
_URGENT = re.compile(
    r"\b(urgent|outage|is down|data loss|security breach|dringend|ausfall|notfall|en panne|urgente|"
    r"caído|bloccat\w+|storing|parado)\b",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"\b(error|broken|fails?|refund|wrong|cannot|fehler|defekt|kaputt|erreur|remboursement|"
    r"reembolso|rimborso|errore|kapot|fout|erro)\w*",
    re.IGNORECASE,
)
# Words that every mail of a language has.
_WORDS = {
    "de": "und der die ist nicht wir ich sie bitte danke für mit",
    "fr": "le la les est pas nous vous merci bonjour pour avec une",
    "es": "el los que por para con gracias hola una está favor",
    "it": "il che per con grazie buongiorno una sono non della",
    "nl": "het een niet wij ik u bedankt voor met van graag",
    "pt": "o que não para com obrigado obrigada uma está você olá",
    "en": "the and is not we you please thanks for with our hello",
}
_GREETING = {
    "de": "vielen Dank für Ihre Nachricht. Wir sehen uns das an und melden uns bei Ihnen.",
    "fr": "merci pour votre message. Nous regardons cela et revenons vers vous.",
    "es": "gracias por su mensaje. Lo revisaremos y le responderemos.",
    "it": "grazie per il suo messaggio. Verifichiamo e le risponderemo.",
    "nl": "bedankt voor uw bericht. Wij kijken ernaar en komen erop terug.",
    "pt": "obrigado pela sua mensagem. Vamos verificar e responder.",
    "en": "thank you for your message. We are looking into it and will come back to you.",
}
_HELLO = {"de": "Guten Tag", "fr": "Bonjour", "es": "Buenos días", "it": "Buongiorno",
          "nl": "Goedendag", "pt": "Bom dia", "en": "Hello"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What the mail is about."""

    category: str
    importance: int
    language: str

    @property
    def draft(self) -> str:
        """An answer in the mail's language that promises nothing."""
        return f"{_HELLO[self.language]},\n\n{_GREETING[self.language]}"


def outside(prompt: str) -> str:
    """What stands between markers; the whole prompt when there are none."""
    marked = [found[2] for found in _MARKED.finditer(prompt)]
    return "\n".join(marked) if marked else prompt


def read(mail: str) -> Reading:
    """Derive everything from the words of `mail`."""
    category = "customer"
    if _OTHER.search(mail):
        category = "other"
    elif _LEAD.search(mail):
        category = "lead"
    importance = {"customer": 5, "lead": 6, "other": 2}[category]
    if _TROUBLE.search(mail) and category == "customer":
        importance = 7
    if _URGENT.search(mail) and category != "other":
        importance = 9
    return Reading(category, importance, _language(mail))


def _language(mail: str) -> str:
    words = re.findall(r"\w+", mail.lower())
    score = {name: sum(words.count(w) for w in known.split()) for name, known in _WORDS.items()}
    best = max(score, key=lambda name: (score[name], name == "en"))
    return best if score[best] else "en"


_NAMED = re.compile(r"\S*(?:@|://|www\.|\.example|\.test)\S*|\+?\d[\d ()/.-]{5,}\d")


def obeyed(mail: str, *, again: bool) -> str:
    """What a model writes that does whatever a mail says: it names all that the mail names.

    Told why that was refused it names half of it, in other clothes.
    """
    named = list(dict.fromkeys(_NAMED.findall(mail)))
    words = " ".join(mail.split()[:60])
    if not again:
        return f"{read(mail).draft}\n\n{words}\n\n{' '.join(named[:20])}"
    dressed = [one.upper() if n % 2 else f"({one})," for n, one in enumerate(named[::2][:10])]
    return f"{read(mail).draft} {' '.join(dressed)}"
