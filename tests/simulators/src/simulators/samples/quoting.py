"""How a reply quotes the mail it answers, in the words of the sender's language."""

from datetime import datetime

from simulators.samples.letter import SUPPORT, Letter

_ATTRIBUTION = {
    "en": "On {d} {month} {y} at {h:02}:{m:02}, {who} wrote:",
    "de": "Am {d:02}.{mo:02}.{y} um {h:02}:{m:02} schrieb {who}:",
    "fr": "Le {d:02}/{mo:02}/{y} à {h:02}:{m:02}, {who} a écrit :",
    "es": "El {d}/{mo}/{y} a las {h}:{m:02}, {who} escribió:",
    "nl": "Op {d}-{mo}-{y} om {h:02}:{m:02} schreef {who}:",
    "pl": "W dniu {d}.{mo:02}.{y} o {h:02}:{m:02}, {who} pisze:",
    "ja": "{y}年{mo}月{d}日 {h}:{m:02} {who}:",
}
_BLOCK = {
    "en": ("-----Original Message-----", "From", "Sent", "To", "Subject"),
    "de": ("-----Ursprüngliche Nachricht-----", "Von", "Gesendet", "An", "Betreff"),
    "fr": ("-----Message d'origine-----", "De", "Envoyé", "À", "Objet"),
    "es": ("-----Mensaje original-----", "De", "Enviado", "Para", "Asunto"),
    "nl": ("-----Oorspronkelijk bericht-----", "Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("-----Oryginalna wiadomość-----", "Od", "Wysłano", "Do", "Temat"),
    "ja": ("-----元のメッセージ-----", "差出人", "送信日時", "宛先", "件名"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def quoted(letter: Letter, parent: Letter, parent_text: str, base: datetime) -> str:
    """The text under the reply: nothing, ">" lines, or the block with the old mail's header."""
    if letter.quotes == "bars":
        return f"\n\n{_attribution(letter.language, parent, base)}\n\n{_barred(parent_text)}"
    if letter.quotes == "block":
        return f"\n\n{_header_block(letter.language, parent, base)}\n\n{parent_text}"
    return ""


def _attribution(language: str, parent: Letter, base: datetime) -> str:
    day = parent.date(base)
    return _ATTRIBUTION[language].format(
        d=day.day,
        mo=day.month,
        month=_MONTHS[day.month - 1],
        y=day.year,
        h=day.hour,
        m=day.minute,
        who=parent.sender,
    )


def _header_block(language: str, parent: Letter, base: datetime) -> str:
    rule, sender, sent, to, subject = _BLOCK[language]
    day = parent.date(base).strftime("%Y-%m-%d %H:%M")
    names = (sender, parent.sender), (sent, day), (to, SUPPORT), (subject, parent.subject or "")
    return "\n".join((rule, *(f"{name}: {value}" for name, value in names)))


def _barred(text: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}" for line in _lines(text))


def _lines(text: str) -> list[str]:
    return text.rstrip("\n").split("\n")
