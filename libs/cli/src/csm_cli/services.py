"""Every service of an installation, by name: what `provision`, `up` and `check` go through."""

from collections.abc import Iterator
from pathlib import Path

from classifier.settings import Settings as Classifier
from csm.settings import CommonSettings, ConfigError, load
from draft_writer.settings import Settings as DraftWriter
from followups.settings import Settings as Followups
from gmail_ingest.settings import Settings as GmailIngest
from webhook_gateway.settings import Settings as WebhookGateway

SERVICES: tuple[type[CommonSettings], ...] = (
    GmailIngest, WebhookGateway, Classifier, DraftWriter, Followups,
)  # fmt: skip


def names() -> list[str]:
    """The services' names; each starts with `python -m <name>`."""
    return [model.section for model in SERVICES]


def load_all(path: Path | None = None) -> list[CommonSettings]:
    """Every service's settings; raises ConfigError with the problems of all, each said once."""
    loaded: list[CommonSettings] = []
    problems: dict[str, None] = {}
    for found in _each(path):
        if isinstance(found, ConfigError):
            problems |= dict.fromkeys(found.problems)
        else:
            loaded.append(found)
    if problems:
        raise ConfigError(list(problems))
    return loaded


def _each(path: Path | None) -> Iterator[CommonSettings | ConfigError]:
    for model in SERVICES:
        try:
            yield load(model, path)
        except ConfigError as error:
            yield error
