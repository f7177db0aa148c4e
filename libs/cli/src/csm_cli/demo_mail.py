"""Mail that keeps coming while the demo's desk is open: one question after the other."""

import asyncio
from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from itertools import count

from csm_cli.demo_stage import Stage

# Seconds between two mails: time enough to look at one.
PAUSE = 20.0
_QUESTIONS = (
    ("Ida Holm", "Is the small till in stock?", "Hello, is the small till in stock, and when?"),
    ("Tom Reuter", "Falsche Rechnung", "Guten Tag, auf der Rechnung fehlt unsere Nummer. Danke."),
    ("Léa Roy", "Devis pour 12 caisses", "Bonjour, pouvez-vous m'envoyer un devis ? Merci."),
    ("Sam Ode", "Parcel did not arrive", "Hello, my parcel has not arrived. Where is it? Thanks."),
    ("Ana Ruiz", "No puedo entrar", "Hola, no puedo entrar en mi cuenta. ¿Qué hago? Gracias."),
)


def questions() -> Iterator[bytes]:
    """Mails without end, no two alike."""
    for number in count(1):
        name, subject, text = _QUESTIONS[(number - 1) % len(_QUESTIONS)]
        mail = EmailMessage()
        mail["From"] = f"{name} <customer-{number}@visitors.example>"
        mail["To"] = "support@desk.example"
        mail["Subject"] = f"{subject} ({number})"
        mail["Message-ID"] = f"<visit-{number}@visitors.example>"
        mail.set_content(f"{text}\n\n{name}\n")
        yield mail.as_bytes()


async def keep_coming(stage: Stage) -> None:
    """One every `PAUSE` seconds, until cancelled. Raises SimulatorError."""
    for raw in questions():
        mail = {"raw": b64encode(raw).decode(), "expect": "ticket"}
        await asyncio.to_thread(stage.gmail.post, "/control/deliver", mail)
        await asyncio.sleep(PAUSE)
