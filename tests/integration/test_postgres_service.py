"""PostgreSQL as an operator meets it: settings, provisioning, `csm check`, a first start."""

import json
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection

from cli_stack import csm
from csm import migrations
from csm.db import open_beside
from csm.settings import ConfigError, load
from csm_cli.embedded_nats import EmbeddedNats
from csm_cli.installation import Installation
from csm_cli.provisioning import provision
from gmail_ingest.settings import Settings
from postgres_server import PostgresServer
from stage import Theatre

pytestmark = pytest.mark.postgres

NOWHERE = "http://127.0.0.1:9"
TWO = 'database_url = "sqlite:///x"\ndatabase_url_file = "good.url"'
REFUSED = {
    'database_url = "mysql://db/csm"': "gmail_ingest.database_url",
    'database_url = "csm"': "gmail_ingest.database_url",
    'database_url = "postgresql+psycopg://db/csm"': "gmail_ingest.database_url",
    'database_url = "postgresql+asyncpg://db"': "gmail_ingest.database_url",
    'database_url = "sqlite://"': "gmail_ingest.database_url",
    'database_url = "postgresql+asyncpg://csm:secret@db/csm"': "gmail_ingest.database_url",
    'database_url_file = "nothing"': "gmail_ingest.database_url_file",
    'database_url_file = "wrong.url"': "gmail_ingest.database_url_file",
    TWO: "gmail_ingest.database_url_file",
}


@pytest.fixture
def installation(tmp_path: Path, nats: EmbeddedNats) -> Installation:
    installation = Installation(tmp_path, NOWHERE, NOWHERE, nats.url)
    installation.save()
    (tmp_path / "wrong.url").write_text("mysql://csm:secret@db/csm\n")
    (tmp_path / "good.url").write_text("postgresql+asyncpg://csm:secret@db/csm\n")
    return installation


def configure(installation: Installation, lines: str) -> None:
    """Add lines to the section of gmail_ingest; file names are in the installation's folder."""
    lines = lines.replace('_file = "', f'_file = "{installation.folder}/')
    section = "[gmail_ingest]\n"
    text = installation.config.read_text()
    assert section in text
    installation.config.write_text(text.replace(section, f"{section}{lines}\n"))


@pytest.mark.parametrize("lines", REFUSED)
def test_a_wrong_address_is_refused_by_its_key_and_not_shown(
    installation: Installation, lines: str
) -> None:
    configure(installation, lines)
    with pytest.raises(ConfigError) as refused:
        load(Settings, installation.config)
    (problem,) = refused.value.problems
    assert f"{REFUSED[lines]}: " in problem
    assert "secret" not in problem


def test_the_address_with_its_password_comes_from_a_file(installation: Installation) -> None:
    configure(installation, 'database_url_file = "good.url"')
    url = load(Settings, installation.config).database_url
    assert url == "postgresql+asyncpg://csm:secret@db/csm"


def configured(installation: Installation, url: str) -> None:
    """The address of a database by a file."""
    (installation.folder / "good.url").write_text(f"{url}\n")
    configure(installation, 'database_url_file = "good.url"')


def findings(installation: Installation) -> dict[str, tuple[str, str]]:
    """What `csm check` finds: level and words by what was looked at."""
    result = csm("check", "--json", "--config", str(installation.config))
    return {f["what"]: (f["level"], f["words"]) for f in json.loads(result.stdout)}


def test_provision_makes_schema_and_clock_once_and_check_sees_them(
    installation: Installation, postgres: PostgresServer
) -> None:
    name = postgres.create()
    configured(installation, postgres.url(name))
    first = csm("provision", "--config", str(installation.config))
    newest = migrations.newest("gmail_ingest")
    assert first.exit_code == 0, first.output
    assert f"gmail_ingest schema: empty -> {newest}" in first.output
    assert postgres.rows(name, "SELECT csm_now() > 0") == [(True,)]
    second = csm("provision", "--config", str(installation.config))
    assert "schema" not in second.output
    level, words = findings(installation)["database of gmail_ingest"]
    assert level == "ok"
    assert name in words
    postgres.drop(name)


def test_check_names_a_database_without_a_schema_and_one_of_another_key(
    installation: Installation, postgres: PostgresServer
) -> None:
    name = postgres.create()
    configured(installation, postgres.url(name))
    assert csm("provision", "--config", str(installation.config)).exit_code == 0
    postgres.rows(name, "INSERT INTO install VALUES ('0123456789abcdef', 0)")
    assert findings(installation)["database of gmail_ingest"][0] == "fail"
    assert "install key" in findings(installation)["database of gmail_ingest"][1]
    postgres.drop(name)
    level, words = findings(installation)["database of gmail_ingest"]
    assert level == "fail"
    assert "csm provision" in words


def test_provision_says_that_the_database_is_away(installation: Installation) -> None:
    configured(installation, "postgresql+asyncpg://csm:secret@127.0.0.1:1/csm")
    result = csm("provision", "--config", str(installation.config))
    assert result.exit_code == 1
    assert "gmail_ingest.database_url" in result.output
    assert "secret" not in result.output


def alembic_check(connection: Connection) -> None:
    """`alembic check`: raises when autogenerate would write a script."""
    config = migrations._config("gmail_ingest")
    config.attributes["connection"] = connection
    command.check(config)


async def test_the_scripts_make_what_the_table_classes_say(postgres: PostgresServer) -> None:
    name = postgres.create()
    database = open_beside(postgres.url(name))
    await database.run(migrations.upgrade, "gmail_ingest")
    assert await database.run(migrations.drift, "gmail_ingest") == []
    await database.run(alembic_check)
    await database.close()
    postgres.drop(name)


async def test_a_first_start_on_an_empty_database(
    theatre: Theatre, postgres: PostgresServer, tmp_path: Path
) -> None:
    name = postgres.create()
    async with theatre.stage(tmp_path) as stage:
        stage.database.unlink()
        configured(stage.installation, postgres.url(name))
        await provision(stage.settings())
        stage.live()
        stage.ask_postgres = lambda query, *more: postgres.rows(name, query, *more)
        await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox") != [])
        assert (await stage.ask("self-test"))["allowed"] == "drafts"
        assert await stage.stop() == 0
    postgres.drop(name)
