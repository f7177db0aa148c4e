"""Short acknowledgements for installations without a model: files beside this one, to be edited."""

import re
from functools import cache
from importlib import resources

from draft_writer.material import Material

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pt")
# One or two words of letters: what looks like a person's first name.
_NAME = re.compile(r"[^\W\d_][^\W\d_'\u2019-]{1,20}(?:[ -][^\W\d_][^\W\d_'\u2019-]{1,20})?")


def acknowledgement(material: Material, language: str) -> str | None:
    """That the message is there and somebody will answer, nothing else; None for `other`."""
    if material.category == "other":
        return None
    spoken = language if language in LANGUAGES else "en"
    name = f" {material.customer}" if _NAME.fullmatch(material.customer) else ""
    return _template(f"{material.category}.{spoken}.txt").replace("{name}", name)


@cache
def _template(name: str) -> str:
    file = resources.files("draft_writer").joinpath("templates", name)
    return file.read_text("utf-8").strip()
