"""An operator sees, understands and repairs: real processes, as `csm up` runs them."""

import re
import shutil
import signal
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli_stack import Up, csm, delivered, free_port, simulators, upped, wait_for
from csm_cli.installation import Installation
from csm_cli.services import names
from csm_cli.simulation import Simulator
from letters import letter

pytestmark = pytest.mark.timeout(180)

OBSERVABILITY = Path(__file__).resolve().parents[2] / "deploy" / "observability"
METRIC = re.compile(r"\bcsm_[a-z_]+")
REASON = ("--reason", "a test")


@dataclass(frozen=True, slots=True)
class Stack:
    """A running installation whose services have health ports, its simulators."""

    gmail: Simulator
    desk: Simulator
    up: Up

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for it; what `csm up` said explains a failure."""
        wait_for(condition, self.up.said)

    def broken(self, **faults: Any) -> None:
        """What is broken at the desk from now on; nothing: all is well."""
        self.desk.post("/control/faults", faults)

    def work(self, gmail_id: str) -> Any:
        """The row of a mail, None before it is noticed."""
        rows = self.up.json("list", "--service", "gmail_ingest")
        return next((row for row in rows if row["id"].endswith(gmail_id)), None)

    def ended(self, gmail_id: str) -> str:
        """Wait for the end of a mail; its state."""
        self.until(lambda: (self.work(gmail_id) or {"state": "wanted"})["state"] != "wanted")
        return str(self.work(gmail_id)["state"])

    def writes(self) -> int:
        """Requests that changed the desk, and its threads."""
        rows = self.desk.get("/control/state")["conversations"]
        return sum(len(row["threads"]) for row in rows)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything up with write = drafts, self-test passed."""
    folder = tmp_path_factory.mktemp("operator")
    ports = {name: {"health_port": free_port()} for name in names()}
    with simulators(folder / "simulators") as (gmail, desk):
        installation = Installation(
            folder, gmail.url, desk.url, f"nats://127.0.0.1:{free_port()}", write="drafts",
            sections=ports,
        )  # fmt: skip
        with upped(installation) as up:
            up.answers()
            opened = Stack(gmail, desk, up)
            assert up.csm("self-test", "--assume", "yes").exit_code == 0, up.said()
            yield opened


def noted(stack: Stack, conversation: str) -> bool:
    """Whether every stage has ended its work on a conversation."""
    services = stack.up.json("show", conversation)["services"]
    has_all = {"gmail_ingest", "classifier", "draft_writer"} <= services.keys()
    rows = [row["work"]["state"] for said in services.values() for row in said["rows"]]
    return has_all and "wanted" not in rows and bool(services["draft_writer"]["about"])


@pytest.mark.promise("shown")
def test_an_operator_sees_a_number_reads_the_story_and_replays_it(stack: Stack) -> None:
    stack.broken(refused={"every": 1, "path": "/api/conversations", "method": "POST"})
    gmail_id = delivered(stack.gmail, letter("poison", "An order", sender="ann@customers.example"))
    assert stack.ended(gmail_id) == "parked"
    seen = stack.up.csm("status").stdout
    assert "1 parked in gmail_ingest: csm list --state parked" in seen
    (row,) = stack.up.json("list", "--state", "parked")
    assert row["id"].endswith(gmail_id)
    told = stack.up.csm("show", gmail_id).stdout
    assert "FreeScout refused the mail and its stub" in told
    assert f"-> when its cause is gone: csm replay {gmail_id}" in told

    stack.broken()
    assert "due again: 1" in stack.up.csm("replay", gmail_id, *REASON).stdout
    assert stack.ended(gmail_id) in ("done", "degraded")
    after = stack.up.json("show", gmail_id)
    (conversation,) = after["conversations"]
    (mail,) = after["services"]["gmail_ingest"]["rows"]
    assert [(one["verb"], one["reason"]) for one in mail["repairs"]] == [("replay", "a test")]

    stack.until(lambda: noted(stack, str(conversation)))
    before = stack.writes()
    for _ in range(2):
        number = stack.up.json("replay", str(conversation), *REASON)["services"]
        assert all(number[name] for name in ("gmail_ingest", "classifier", "draft_writer")), number
        stack.until(lambda: noted(stack, str(conversation)))
    assert stack.writes() == before, "replaying everything twice changes nothing"


@pytest.mark.proof
@pytest.mark.promise("shown")
def test_a_conversation_is_told_by_every_stage_in_the_order_of_time(stack: Stack) -> None:
    gmail_id = delivered(stack.gmail, letter("whole", "Prices?", sender="eve@customers.example"))
    assert stack.ended(gmail_id) == "done"
    (conversation,) = stack.up.json("show", gmail_id)["conversations"]
    stack.until(lambda: noted(stack, str(conversation)))
    told = stack.up.csm("show", str(conversation)).stdout
    wanted = ("Gmail accepted", "create recorded", "final verdict on thread", "note recorded")
    places = [told.index(words) for words in wanted]
    assert places == sorted(places), told
    assert f"{stack.desk.url}/conversation/{conversation}" in told
    threads = stack.up.json("show", str(conversation))["services"]["gmail_ingest"]["rows"]
    thread = threads[0]["effects"][0]["thread_id"]
    by_thread = stack.up.json("show", str(thread))["conversations"]
    assert by_thread == [conversation] or thread == conversation
    event = f"message.received:support:{gmail_id}"
    assert stack.up.json("show", event)["conversations"] == [conversation]


@pytest.mark.proof
@pytest.mark.promise("shown")
def test_a_filtered_mail_is_released_and_stays_released(stack: Stack) -> None:
    own = letter("own", "A note to ourselves", sender="support@desk.example")
    gmail_id = delivered(stack.gmail, own)
    assert stack.ended(gmail_id) == "filtered"
    assert (
        f"csm release message.received:support:{gmail_id}" in stack.up.csm("show", gmail_id).stdout
    )
    assert stack.up.csm("replay", gmail_id, *REASON).exit_code == 0
    assert stack.ended(gmail_id) == "filtered"
    planned = stack.up.json("release", gmail_id, *REASON, "--dry-run")
    assert (planned["number"], stack.work(gmail_id)["state"]) == (1, "filtered")
    assert stack.up.csm("release", gmail_id, *REASON).exit_code == 0
    assert stack.ended(gmail_id) == "done"
    refused = stack.up.csm("release", gmail_id, *REASON)
    assert (refused.exit_code, "no filtered mail is named" in refused.stderr) == (1, True)


@pytest.mark.proof
def test_a_thread_and_a_period_are_replayed_and_what_is_unknown_is_said(stack: Stack) -> None:
    gmail_id = delivered(stack.gmail, letter("thread", sender="joe@customers.example"))
    stack.ended(gmail_id)
    (mail,) = stack.up.json("show", gmail_id)["services"]["gmail_ingest"]["rows"]
    thread = mail["journal"][0]["gmail_thread_id"]
    assert stack.up.json("replay", "--thread", thread, *REASON, "--dry-run")["number"] == 1
    chosen = ("--since", "1h", "--service", "gmail_ingest", *REASON, "--dry-run")
    assert stack.up.json("replay", *chosen)["number"] >= 1
    unknown = stack.up.csm("replay", "424242", *REASON)
    assert unknown.exit_code == 1
    assert "nothing that has ended is known of '424242'" in unknown.stderr
    silent = stack.up.csm("replay", gmail_id)
    assert silent.exit_code == 2
    assert "--reason" in silent.stderr


@pytest.mark.proof
def test_what_was_set_aside_is_listed_with_its_repair(stack: Stack) -> None:
    stack.broken(refused={"every": 1, "path": "/api/conversations", "method": "POST"})
    gmail_id = delivered(stack.gmail, letter("letter", sender="zoe@customers.example"))
    assert stack.ended(gmail_id) == "parked"
    key = f"message.received:support:{gmail_id}"

    def set_aside() -> Any:
        return next((one for one in stack.up.json("dlq") if one["key"] == key), None)

    stack.until(lambda: set_aside() is not None)
    assert set_aside()["repair"] == f"csm replay {key}"
    assert set_aside()["why"].startswith("FreeScout refused")
    assert f"csm replay {key}" in stack.up.csm("dlq").stdout
    stack.broken()
    assert stack.up.csm("replay", key, *REASON).exit_code == 0
    assert stack.ended(gmail_id) != "parked"


@pytest.mark.proof
@pytest.mark.promise("private")
def test_after_an_erasure_a_story_holds_no_words_and_names_where_the_mail_stays(
    stack: Stack,
) -> None:
    sender = "mia@customers.example"
    gmail_id = delivered(stack.gmail, letter("erase", "How much is it?", sender=sender))
    assert stack.ended(gmail_id) == "done"
    (conversation,) = stack.up.json("show", gmail_id)["conversations"]
    stack.until(lambda: noted(stack, str(conversation)))
    answer = stack.up.json("erase", sender)
    assert answer["conversations"] == [conversation]
    desk, gmail = answer["places"]
    assert desk == f"{stack.desk.url}/conversation/{conversation}"
    assert gmail.startswith("https://mail.google.com/mail/?authuser=support%40desk.example#search/")
    about = stack.up.json("show", str(conversation))["services"]["classifier"]["about"]
    (verdict,) = about[str(conversation)]["verdicts"]
    assert "reason" not in verdict["told"]


@pytest.mark.proof
def test_without_nats_reading_goes_on_over_http_and_says_so(stack: Stack, tmp_path: Path) -> None:
    gmail_id = delivered(stack.gmail, letter("silent", sender="kim@customers.example"))
    stack.ended(gmail_id)
    text = stack.up.config.read_text()
    line = next(line for line in text.splitlines() if line.startswith('url = "nats://'))
    config = tmp_path / "csm.toml"
    config.write_text(text.replace(line, f'url = "nats://127.0.0.1:{free_port()}"'))
    for verb in (("status",), ("list",), ("show", gmail_id)):
        said = csm(*verb, "--config", str(config))
        assert said.exit_code == 0, said.output
        assert "answered over HTTP" in " ".join(said.stderr.split())
    assert gmail_id in csm("list", "--config", str(config)).stdout
    refused = csm("replay", gmail_id, *REASON, "--config", str(config))
    assert refused.exit_code == 1
    assert refused.stderr.startswith("NATS does not answer at")


@pytest.mark.proof
def test_every_metric_of_rules_and_dashboards_is_exported_by_running_services(
    stack: Stack,
) -> None:
    ports = [one["health_port"] for one in tomllib.loads(stack.up.config.read_text()).values()
             if isinstance(one, dict) and "health_port" in one]  # fmt: skip
    texts = [httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text for port in ports]
    exported = set(re.findall(r"^# TYPE (csm_[a-z_]+) ", "\n".join(texts), re.MULTILINE))
    files = sorted(OBSERVABILITY.rglob("alerts/*.yml")) + sorted(OBSERVABILITY.rglob("*.json"))
    asked = {name for file in files for name in METRIC.findall(file.read_text("utf-8"))}
    assert len(asked) > 35
    families = exported | {f"{name}_bucket" for name in exported}
    assert asked - families == set()


TROUBLES = {
    "FreeScout answers 503": (("/control/faults", {"down": True, "scope": "all"}),
                              ("/control/faults", {})),
    "the key is refused": (("/control/settings", {"api_key": "another-key"}),
                           ("/control/settings", {"api_key": "simulated-key"})),
}  # fmt: skip


@pytest.mark.proof
@pytest.mark.promise("waiting-is-not-failing", "shown")
@pytest.mark.parametrize("trouble", TROUBLES)
def test_an_outage_is_seen_in_status_and_explained_by_show(stack: Stack, trouble: str) -> None:
    begin, end = TROUBLES[trouble]
    stack.desk.post(*begin)
    sender = f"{begin[0].rpartition('/')[2]}@customers.example"
    gmail_id = delivered(stack.gmail, letter(f"waits-{len(trouble)}", sender=sender))
    stack.until(lambda: "freescout" in {d["name"] for d in stack.up.json("status")["down"]})
    stack.until(lambda: (stack.work(gmail_id) or {}).get("waiting_for") == "freescout")
    assert "waits for freescout, goes on by itself" in stack.up.csm("show", gmail_id).stdout
    assert stack.up.csm("check").exit_code == 1
    stack.desk.post(*end)
    assert stack.ended(gmail_id) == "done"
    stack.until(lambda: stack.up.json("status")["down"] == [])


@contextmanager
def paged(stack: Stack, folder: Path) -> Iterator[str]:
    """A running `csm page`; the address that opens it."""
    log = folder / "page.log"
    command = [sys.executable, "-m", "csm_cli", "page", "--port", str(free_port())]
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ours
            [*command, "--config", str(stack.up.config)], stdout=output, stderr=output
        )
    try:
        wait_for(lambda: "/?token=" in log.read_text(), log.read_text)
        yield next(line for line in log.read_text().splitlines() if line.startswith("http"))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


@pytest.mark.proof
def test_the_page_opens_with_its_token_only_and_shows_flow_work_and_story(
    stack: Stack, tmp_path: Path
) -> None:
    stack.broken(refused={"every": 1, "path": "/api/conversations", "method": "POST"})
    subject = letter("page", "Prices of <b>lamps</b>", sender="lou@customers.example")
    gmail_id = delivered(stack.gmail, subject)
    assert stack.ended(gmail_id) == "parked"
    with paged(stack, tmp_path) as opened:
        base = opened.partition("/?")[0]
        assert base.startswith("http://127.0.0.1:")
        for path in ("/", f"/story?id={gmail_id}", "/style.css", "/?token=wrong"):
            assert httpx.get(base + path, trust_env=False).status_code == 401, path
        with httpx.Client(base_url=base, trust_env=False, follow_redirects=True) as browser:
            first = browser.get("/", params={"token": opened.partition("token=")[2]})
            assert "token" not in str(first.url)
            assert first.headers["content-security-policy"].startswith("default-src 'none'")
            assert set(re.findall(r"https?://[^\s\"<]+", first.text)) <= {base}
            for words in (*names(), "1 parked", gmail_id, "csm list --state parked"):
                assert words in first.text, words
            story = browser.get("/story", params={"id": gmail_id})
            assert "FreeScout refused the mail and its stub" in story.text
            unknown = browser.get("/story", params={"id": "<script>alert(1)</script>"})
            assert unknown.status_code == 404
            assert "<script>" not in unknown.text
            assert browser.post("/").status_code == 405, "nothing on it changes anything"
        look(opened, tmp_path / "page.png")
    stack.broken()
    assert stack.up.csm("replay", gmail_id, *REASON).exit_code == 0
    stack.ended(gmail_id)


def look(address: str, picture: Path) -> None:
    """Open a page in headless Chromium, which must draw all stages; a picture is left."""
    chromium = shutil.which("chromium")
    if chromium is None:
        warnings.warn("chromium is not here: the page was not looked at", stacklevel=1)
        return
    base = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1240,1000"]
    profile = f"--user-data-dir={picture.parent / 'chromium'}"
    shot = [*base, profile, f"--screenshot={picture}", address]
    subprocess.run(shot, capture_output=True, check=True, timeout=90)  # noqa: S603 - Debian's
    seen = subprocess.run(  # noqa: S603 - as above
        [*base, profile, "--dump-dom", address], capture_output=True, text=True, check=True,
        timeout=90,
    )  # fmt: skip
    assert all(name in seen.stdout for name in names())
    assert picture.stat().st_size > 10_000


@pytest.mark.proof
def test_a_page_for_others_needs_a_token_file(stack: Stack, tmp_path: Path) -> None:
    config = ("--config", str(stack.up.config))
    refused = csm("page", "--host", "0.0.0.0", *config)  # noqa: S104 - refused
    assert (refused.exit_code, "--token-file" in refused.stderr) == (1, True)
    short = tmp_path / "token"
    short.write_text("short")
    assert "16 characters" in csm("page", "--token-file", str(short), *config).stderr
