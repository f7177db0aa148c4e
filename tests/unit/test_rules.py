"""The rules' own promises: reasons of a closed vocabulary, the safe side, no word from the mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import rules
from classifier.inquiry import Inquiry, Turn

_LANGUAGES = ("", "en", "de", "fr", "es", "it", "nl", "pt")


def category(text: str, language: str = "en") -> str:
    return rules.opinion(Inquiry("Hello", (text,)), language).category


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Before we sign up: can your tool handle two sites?"),
        ("de", "Wir suchen eine Software für 12 Mitarbeiter. Was kostet das?"),
        ("fr", "Nous cherchons un logiciel de caisse, pouvez-vous nous envoyer un devis ?"),
        ("es", "Buscamos un programa para 20 empleados. ¿Cuánto cuesta?"),
        ("it", "Vorremmo un preventivo per 8 postazioni e una dimostrazione."),
        ("nl", "Wij zoeken een systeem voor 15 medewerkers, mogen we een offerte?"),
        ("pt", "Procuramos um sistema para três lojas, podem enviar um orçamento?"),
    ],
)
def test_a_buyer_is_a_lead_in_every_language(language: str, text: str) -> None:
    assert category(text, language) == "lead"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We help shops like yours to increase sales. Open to a quick call?"),
        ("de", "Wir bieten SEO und steigern Ihren Umsatz. Passt Ihnen ein kurzes Telefonat?"),
        (
            "fr",
            "Notre agence vous propose un audit gratuit de votre site. Disponible cette semaine ?",
        ),
        ("es", "Somos una agencia y le ofrecemos una auditoría gratuita de su web."),
        ("it", "Siamo un'agenzia e possiamo aumentare le vostre vendite. Una breve call?"),
        ("nl", "Wij bieden zoekmachine-optimalisatie voor uw website, vrijblijvend gesprek?"),
        ("pt", "Somos uma agência e oferecemos mais clientes para o seu site, sem compromisso."),
    ],
)
def test_a_seller_is_nobodys_ticket_in_every_language(language: str, text: str) -> None:
    assert category(text, language) == "other"


def test_what_is_level_stays_a_customers() -> None:
    assert category("Hm.") == category("Please have a look.") == "customer"


SELLER = "Our agency offers SEO for your website, and a free audit without obligation."


@pytest.mark.parametrize("flags", ["", "b"])
def test_what_is_grave_is_put_aside_by_no_words_but_a_frauds(flags: str) -> None:
    def judged(*texts: str) -> str:
        return rules.opinion(Inquiry("Hello", texts, flags=flags), "en").category

    grave, fraud = "The shop is down and nobody can order.", "Claim your inheritance by bitcoin."
    assert judged(SELLER) == "other"
    assert judged(SELLER, grave) == "customer"
    assert judged(SELLER, grave, fraud) == "other"


def test_what_sounds_hardly_more_like_a_sellers_is_not_put_aside() -> None:
    """A fraud's words weigh 5, a wish for a price 4."""
    assert category("Do you accept bitcoin?") == "other"
    assert category("Do you accept bitcoin? What does it cost?") == "lead"


def test_an_earlier_message_alone_makes_no_lead_of_a_fault() -> None:
    asked = Turn("customer", "Could you send us a quote for 30 users?")
    inquiry = Inquiry("Hello", ("The export of order 5512 is broken.",), (asked,))
    assert rules.opinion(inquiry, "en").category == "customer"


@given(
    subject=st.text(max_size=80), text=st.text(max_size=400), language=st.sampled_from(_LANGUAGES)
)
def test_a_reason_quotes_nothing_and_is_short(subject: str, text: str, language: str) -> None:
    found = rules.opinion(Inquiry(subject, (text,), sender="ann@shop.example"), language)
    assert 1 <= found.importance <= 10
    assert "@" not in found.reason
    assert 0 < len(found.reason) <= 200


@given(text=st.text(max_size=400), language=st.sampled_from(_LANGUAGES))
def test_a_machine_is_never_a_lead(text: str, language: str) -> None:
    inquiry = Inquiry("Hello", (text,), flags="a")
    assert rules.opinion(inquiry, language).category in {"other", "customer"}
