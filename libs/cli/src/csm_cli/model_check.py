"""What `csm check` says of the section `[llm]`: nothing without one."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from csm.llm_settings import LlmSettings
from csm.settings import CommonSettings, ConfigError, load


class ModelSettings(CommonSettings):
    """The one section that is looked at; the mailboxes are checked by those who read them."""

    mailbox: dict[str, object] = Field(default_factory=dict)
    llm: LlmSettings | None = None


Line = tuple[Literal["ok", "warn", "fail"], str, str]


async def check_models(path: Path) -> list[Line]:
    """Level (ok, warn, fail), what, words of each finding about the models that `path` names."""
    try:
        settings = load(ModelSettings, path).llm
    except ConfigError as error:
        return [("fail", "llm", problem) for problem in error.problems]
    if settings is None:
        return [("ok", "llm", "no section [llm]: mail is sorted by rules, no drafts are written")]
    # The SDK takes a second to import: only who has a model waits for it.
    from csm.llm_check import check  # noqa: PLC0415 - as above

    found = await check(settings, datetime.now(UTC).date())
    return [(one.level, one.what, one.words) for one in found]
