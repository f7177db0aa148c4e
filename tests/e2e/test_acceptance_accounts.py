"""Several mailboxes in one process, each with its own token; and the label after the write."""

import json
from pathlib import Path

import pytest

from letters import letter
from stage import Stage

SALES = "sales@desk.example"

_SECOND = """
[mailbox.sales]
address = "sales@desk.example"
freescout_mailbox_id = 1
write = "tickets"
[mailbox.sales.gmail]
token_file = "{token}"
api_root = "{root}"
poll_seconds = 0.2
quota_units_per_minute = 15000
"""


def second_mailbox(stage: Stage) -> Path:
    """Add the mailbox `sales` to the settings; its token file."""
    file = stage.folder / "sales.json"
    sales_token(stage, "first")
    config = stage.installation.config
    config.write_text(config.read_text() + _SECOND.format(token=file, root=stage.gmail.url))
    return file


def sales_token(stage: Stage, name: str) -> None:
    """A new token for sales, put in place as `csm gmail auth` does it."""
    stored = json.loads((stage.folder / "token.json").read_text())
    fresh = stage.folder / "fresh.json"
    fresh.write_text(json.dumps({**stored, "token": "", "refresh_token": f"{name}:{SALES}"}))
    fresh.replace(stage.folder / "sales.json")


def states(stage: Stage, mailbox: str) -> list[str]:
    return [
        state for (state,) in stage.rows("SELECT state FROM work WHERE id LIKE ?", f"%{mailbox}:%")
    ]


def labels(stage: Stage) -> list[list[str]]:
    found = sorted(stage.messages(), key=lambda row: str(row["subject"]))
    return [[name for name in row["labels"] if name.startswith("Label_")] for row in found]


@pytest.mark.promise("waiting-is-not-failing", "shown", "once")
async def test_a_mailbox_with_a_revoked_token_does_not_hold_up_the_other(stage: Stage) -> None:
    second_mailbox(stage)
    stage.live()
    await stage.until(lambda: stage.rows("SELECT 1 FROM gmail_mailbox WHERE slug='sales'") != [])
    stage.deliver(letter("s1"), mailbox=SALES)
    stage.deliver(letter("a1"))
    await stage.quiet()
    await stage.until(lambda: states(stage, "sales") == ["done"])
    stage.gmail.post("revoke", only=f"first:{SALES}")
    stage.gmail.post("expire-tokens")
    await stage.until(lambda: "gmail:sales" in stage.down())
    assert "csm gmail auth sales" in stage.down()["gmail:sales"]
    stage.deliver(letter("s2", sender="s@c.example"), mailbox=SALES)
    for i in range(4):
        stage.deliver(letter(f"a{i + 2}", sender=f"a{i}@c.example"))
    await stage.quiet()
    assert set(stage.down()) == {"gmail:sales"}
    assert states(stage, "support") == ["done"] * 5
    asked = stage.gmail.get("counters")["token_calls"]
    sales_token(stage, "second")
    await stage.until(lambda: states(stage, "sales").count("done") == 2)
    assert stage.gmail.get("counters")["token_calls"] - asked < 15
    assert [line["dependency"] for line in stage.alerts("misconfigured")] == ["gmail:sales"]
    assert stage.gmail.get("counters")["violations"] == 0


@pytest.mark.promise("once")
async def test_a_written_mail_gets_the_label_and_others_do_not(stage: Stage) -> None:
    stage.change(gmail={"label": "Ticketed"})
    token = json.loads((stage.folder / "token.json").read_text())
    token["scopes"] = ["https://www.googleapis.com/auth/gmail.modify"]
    (stage.folder / "token.json").write_text(json.dumps(token))
    stage.gmail.post("scope", scope=token["scopes"][0])
    stage.deliver(letter("1 ticket", "1 ticket"))
    stage.deliver(letter("2 spam", "2 spam"), expect="any", labels=["SPAM"])
    stage.live()
    await stage.quiet()
    await stage.until(lambda: labels(stage) == [["Label_1"], []])
    # A label that cannot be put on holds nothing up.
    stage.gmail.post("faults", rules=[{"kind": "500", "every": 1, "on": "messages.modify"}])
    stage.deliver(letter("3 more", "3 more", sender="m@c.example"))
    await stage.quiet()
    await stage.until(lambda: any("without their label" in line["event"] for line in stage.log()))
    assert stage.states() == {"done": 2, "filtered": 1}
    assert stage.down() == {}
    stage.assert_clean()
