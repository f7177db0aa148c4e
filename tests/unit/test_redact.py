"""What must not travel is taken out, and nothing else that a reader needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csm.redact import is_card, is_iban, without_identities, without_secrets
from growth import grows_with_length

KEY = "sk-" + "proj-abcdEFGH1234567890abcd"  # no real one: it only looks like it
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N"
PEM = "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIEow==\n-----END " + "RSA PRIVATE KEY-----"
SECRETS = [
    ("my card 4111 1111 1111 1111 please", "my card [card] please"),
    ("4111-1111-1111-1111", "[card]"),
    ("card 5500005555555559, 12/27", "card [card], 12/27"),
    ("4111 1111 1111 1111 2027", "[card] 2027"),
    ("IBAN DE89 3704 0044 0532 0130 00 please pay", "IBAN [iban] please pay"),
    ("to GB29NWBK60161331926819.", "to [iban]."),
    ("nl91abna0417164300", "[iban]"),
    ("password: hunter2", "password: [secret]"),
    ("Passwort: Sommer!2026, danke", "Passwort: [secret] danke"),
    ("mot de passe : azerty12", "mot de passe : [secret]"),
    ("My password is hunter2 now", "My password is [secret] now"),
    ("password:\tgeheim\nBye", "password:\t[secret]\nBye"),
    ("api_key=abc123def", "api_key=[secret]"),
    ("PIN: 4711", "PIN: [secret]"),
    (f"use {KEY} here", "use [secret] here"),
    (f"token {JWT}", "token [secret]"),
    ("Authorization: Bearer abcdefghijklmnop1234", "Authorization: Bearer [secret]"),
    (PEM, "[secret]"),
    ("https://bob:hunter2@shop.example/a", "https://[secret]@shop.example/a"),
    ("AKIA" + "ABCDEFGHIJKLMNOP", "[secret]"),
]
KEPT = [
    "my password is wrong",
    "the password does not work",
    "password: I forgot it",
    "order 4111 1111 1111 1112",
    "invoice 2026-11-24 over 1,250.00 EUR",
    "tracking number 00340434161094015902",
    "call me at +49 30 555 0199, ada@customers.example",
    "DE12 is no account number",
    "token ring network",
    "0000 0000 0000 0000",
]


@pytest.mark.parametrize(("text", "redacted"), SECRETS)
def test_a_secret_becomes_its_placeholder(text: str, redacted: str) -> None:
    assert without_secrets(text) == (redacted, 1)


@pytest.mark.parametrize("text", KEPT)
def test_what_only_looks_like_a_secret_stays(text: str) -> None:
    assert without_secrets(text) == (text, 0)


IDENTITIES = [
    ("write to ada.moss+x@customers.example!", "write to [address]!"),
    ("see https://pay.example/x?y=1 now", "see [link] now"),
    ("www.shop.example/a", "[link]"),
    ("go to evil.com/pay", "go to [link]"),
    ("call +49 30 555 0199", "call [phone]"),
    ("tel 030 5550199", "tel [phone]"),
    ("(020) 7946-0958", "[phone]"),
    ("202-555-0143", "[phone]"),
    ("2025550143", "[phone]"),
    ("IBAN DE89370400440532013000", "IBAN [iban]"),
]
FACTS = [
    "order 12345678 of 2026-11-24, 24.11.2026",
    "wants 15 seats for 1,250.00 EUR",
    "invoice.pdf is missing, see README.md",
    "version 2.10.3, error 0x80070005",
    "e.g. next week, i.e. soon",
]


@pytest.mark.parametrize(("text", "redacted"), IDENTITIES)
def test_an_identity_becomes_its_placeholder(text: str, redacted: str) -> None:
    assert without_identities(text) == (redacted, 1)


@pytest.mark.parametrize("text", FACTS)
def test_facts_stay(text: str) -> None:
    assert without_identities(text).text == text


PIECES = st.sampled_from(
    [row[0] for row in SECRETS + IDENTITIES]
    + [" ", ": ", "\n", "password", "=", "4", "DE", "@", "."]
)
TEXTS = st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join)


@given(TEXTS)
def test_redacting_twice_is_redacting_once(text: str) -> None:
    assert without_secrets(without_secrets(text).text).text == without_secrets(text).text
    assert without_identities(without_identities(text).text).text == without_identities(text).text


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18).filter(lambda d: len(set(d)) > 1))
def test_every_card_number_is_found(digits: list[int]) -> None:
    """Whatever the check digit makes of it."""
    body = "".join(map(str, digits))
    whole = next(body + str(check) for check in range(10) if is_card(body + str(check)))
    assert without_secrets(f"card {whole} thanks").text == "card [card] thanks"


@given(st.text(alphabet="0123456789", min_size=18, max_size=18))
def test_every_german_account_number_is_found(account: str) -> None:
    check = 98 - int(account + "131400") % 97
    iban = f"DE{check:02}{account}"
    assert is_iban(iban)
    # One word in 97 fits the checksum as if it belonged to the number: better it than the number.
    assert without_secrets(f"pay to {iban} today").text in ("pay to [iban] today", "pay to [iban]")


@given(st.emails())
def test_no_address_is_left(address: str) -> None:
    assert "@" not in without_identities(f"from {address} to us").text


@pytest.mark.parametrize(
    "piece",
    ["pin:", "eyJaaaaaaaa-", "sk-aaaaaaaaaaaaaaaaaa ", "a@", "1 ", "DE12 ", "a.", "www.", "x://",
     "-----BEGIN PRIVATE KEY-----", "+1(", "password is ", "4111 1111 1111 1111 "],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    assert grows_with_length(without_identities, piece)
