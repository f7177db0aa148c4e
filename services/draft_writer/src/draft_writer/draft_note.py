"""The text of the notes about drafts: one each for ever, in plain words, no model's HTML."""

from html import escape

from draft_writer.author import Text
from draft_writer.canonical import canonical_html


def withheld(reason: str) -> str:
    """There will be no draft for this message."""
    return f"<b>No draft</b> · {escape(reason)}"


def suggestion(text: Text) -> str:
    """What would be the draft, had somebody not begun one."""
    head = "<b>Newer suggestion</b> · the draft that is there was left alone"
    return f"{head}{canonical_html(text.text)}{_small(text)}"


def nudge() -> str:
    """Somebody waits while a draft lies there."""
    return "<b>Follow-up</b> · the draft that is here was not sent yet, and the customer waits"


def remarks(text: Text) -> str:
    """What an agent should know of a draft before sending it."""
    lines = [f"- {escape(remark)}" for remark in text.remarks]
    return "<br>".join(["<b>About the draft</b>", *lines, _method(text)])


def _small(text: Text) -> str:
    return "<br>".join([*(f"- {escape(remark)}" for remark in text.remarks), _method(text)])


def _method(text: Text) -> str:
    said = "a template, no model" if text.source == "template" else "by model"
    if text.prompt_version:
        said += f", prompt {text.prompt_version}"
    if text.sources:
        said += f", from {', '.join(text.sources)}"
    if text.cost_usd is not None:
        said += f", {text.cost_usd:.4f} USD"
    return f"<i>{escape(said)}</i>"
