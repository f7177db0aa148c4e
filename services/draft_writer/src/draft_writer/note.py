"""The text of the bot's notes: short, for FreeScout shows a note's beginning in its lists."""

from collections.abc import Iterable
from html import escape

from csm.contracts import ConversationClassified


def verdict_note(verdict: ConversationClassified, trace_link: str | None) -> str:
    """Priority and category first, then why, then what is known and what is not."""
    head = f"<b>{verdict.priority}</b> · {verdict.category} · importance {verdict.importance}"
    parts = [f"{head} — {escape(verdict.reason)}" if verdict.reason else head]
    parts += _listed("Facts", verdict.facts)
    parts += _listed("Not certain", verdict.uncertainty)
    parts.append(f"<i>{_method(verdict)}</i>{_link(trace_link)}")
    return "<br>".join(parts)


def arrival_note(verdict: ConversationClassified, trace_link: str | None) -> str:
    """A message is there and no model has judged it."""
    head = f"<b>{verdict.priority}</b> · new message, not classified"
    return f"{head}<br><i>priority by rules</i>{_link(trace_link)}"


def cc_changed(lost: Iterable[str]) -> str:
    """Addresses that were put into cc while a write of ours was on its way, which dropped them."""
    return f"<b>Cc changed</b> while this was written; not in it now: {escape(', '.join(lost))}"


def _listed(title: str, phrases: Iterable[str]) -> list[str]:
    lines = [f"- {escape(phrase)}" for phrase in phrases]
    return [f"{title}:", *lines] if lines else []


def _method(verdict: ConversationClassified) -> str:
    if verdict.method == "rules":
        return "by rules, no model"
    said = f"by model, prompt {escape(verdict.prompt_version)}"
    if verdict.confidence is not None:
        said += f", confidence {verdict.confidence:.0%}"
    return said if verdict.cost_usd is None else f"{said}, {verdict.cost_usd:.4f} USD"


def _link(address: str | None) -> str:
    return f' · <a href="{escape(address)}">trace</a>' if address else ""
