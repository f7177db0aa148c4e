"""The fast profile believes in absence after three seconds: it is refused on any real desk."""

from pathlib import Path

import pytest

from csm.service import refuse_fast_timing_on_real_desk
from csm.settings import ConfigError, load
from csm_cli.installation import Installation
from gmail_ingest.settings import Settings
from scripted_http import always, answer

SIMULATOR = '{"simulator": "freescout"}'
# What stands on loopback and is not the simulator: another service, a login page, a real desk.
OTHERS = (
    answer(200, '{"simulator": "gmail"}'),
    answer(200, '["freescout"]'),
    answer(200, "<html>Log in</html>", ("Content-Type: text/html",)),
    answer(404, '{"message": "Not found"}'),
)


def settings_for(folder: Path, desk_url: str) -> Settings:
    installation = Installation(folder, "http://127.0.0.1:1", desk_url, "nats://127.0.0.1:1")
    installation.save()
    settings = load(Settings, installation.config)
    assert settings.timing_profile == "fast"
    return settings


@pytest.mark.parametrize("other", OTHERS)
async def test_fast_timing_is_refused_where_no_simulator_answers(
    tmp_path: Path, other: bytes
) -> None:
    async with always(other) as server:
        settings = settings_for(tmp_path, server.url)
        with pytest.raises(ConfigError, match="is not the simulator"):
            await refuse_fast_timing_on_real_desk(settings)
        assert [request.target for request in server.requests] == ["/control/handshake"]


async def test_fast_timing_is_refused_where_nobody_answers(tmp_path: Path) -> None:
    async with always(b"") as server:
        settings = settings_for(tmp_path, server.url)
        with pytest.raises(ConfigError, match="is not the simulator"):
            await refuse_fast_timing_on_real_desk(settings)


async def test_the_simulator_may_be_worked_with_fast(tmp_path: Path) -> None:
    async with always(answer(200, SIMULATOR)) as server:
        await refuse_fast_timing_on_real_desk(settings_for(tmp_path, server.url))
