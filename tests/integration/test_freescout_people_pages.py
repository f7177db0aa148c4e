"""The FreeScout simulator's pages: every form does what its button says, without JavaScript."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from desk_client import add_note, client_of, conversations, create, eventually
from simulators.freescout.app import build
from simulators.serve import running

DRAFT = {"type": "message", "user": 1, "state": "draft", "status": "active"}
BEN = {"agent": "3"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A FreeScout simulator for all tests of this file."""
    with running(build(seed=3)) as base_url:
        yield base_url


@pytest.fixture
def desk(url: str) -> Iterator[httpx.Client]:
    """A client of an empty FreeScout with nothing broken."""
    with client_of(url) as client:
        yield client


@pytest.fixture
def draft(desk: httpx.Client) -> int:
    """A conversation with a draft of the bot, which is no canonical HTML."""
    create(desk)
    body = {**DRAFT, "text": "<p>Hello & welcome"}
    return int(desk.post("/api/conversations/1/threads", json=body).json()["id"])


def submit(desk: httpx.Client, path: str, **fields: str) -> str:
    """Press a button; return where the browser goes next."""
    answer = desk.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def row(desk: httpx.Client) -> dict[str, Any]:
    return conversations(desk)[0]


def thread(desk: httpx.Client, number: int) -> dict[str, Any]:
    """A thread as the API shows it."""
    threads = desk.get("/api/conversations/1").json()["_embedded"]["threads"]
    found: dict[str, Any] = next(each for each in threads if each["id"] == number)
    return found


def shown(desk: httpx.Client, **query: str) -> set[int]:
    """The numbers of the conversations that the list shows."""
    page = desk.get("/", params=query).text
    return {row["id"] for row in conversations(desk) if f'"/conversation/{row["id"]}"' in page}


# --- a draft


def test_a_draft_is_shown_as_one_with_its_buttons(desk: httpx.Client, draft: int) -> None:
    page = desk.get("/conversation/1").text
    assert "Draft, not sent" in page
    for path in (f'href="/draft/{draft}"', f'"/draft/{draft}/send"', f'"/draft/{draft}/discard"'):
        assert path in page
    assert f"/draft/{draft}/undo" not in page


def test_looking_at_a_draft_in_the_editor_changes_nothing(desk: httpx.Client, draft: int) -> None:
    before = thread(desk, draft)
    page = desk.get(f"/draft/{draft}").text
    assert "&lt;p&gt;Hello &amp; welcome</textarea>" in page
    for name in ("save", "leave", "send", "discard"):
        assert f'"/draft/{draft}/{name}"' in page
    assert thread(desk, draft) == before


def test_saving_a_draft_changes_its_text_only(desk: httpx.Client, draft: int) -> None:
    before = thread(desk, draft)
    assert submit(desk, f"/draft/{draft}/save", text="Mine\nand more") == "/conversation/1"
    assert thread(desk, draft) == {**before, "body": "Mine\r\nand more"}


def test_clicking_elsewhere_saves_what_the_browser_makes_of_it(
    desk: httpx.Client, draft: int
) -> None:
    back = submit(desk, f"/draft/{draft}/leave", text="<p>Hello & welcome")
    assert thread(desk, draft)["body"] == "<p>Hello &amp; welcome</p>"
    assert ">Saved<" in desk.get(back).text


def test_discarding_removes_the_draft(desk: httpx.Client, draft: int) -> None:
    assert submit(desk, f"/draft/{draft}/discard") == "/conversation/1"
    assert [each["type"] for each in row(desk)["threads"]] == ["customer"]
    assert desk.get(f"/draft/{draft}").status_code == 404
    assert desk.post(f"/draft/{draft}/discard").status_code == 404


def test_sending_publishes_what_stands_in_the_editor(desk: httpx.Client, draft: int) -> None:
    submit(desk, f"/draft/{draft}/send", text="<p>Mine</p>", status="closed")
    sent = thread(desk, draft)
    assert (sent["state"], sent["body"], sent["status"]) == ("published", "<p>Mine</p>", "closed")
    assert sent["createdBy"]["id"] == 2
    assert (row(desk)["status"], row(desk)["assignee"]) == ("closed", 2)


def test_the_second_send_is_refused_in_words(desk: httpx.Client, draft: int) -> None:
    submit(desk, f"/draft/{draft}/send")
    again = desk.post(f"/draft/{draft}/send")
    assert again.status_code == 400
    assert "already been sent" in again.text
    assert len(desk.get("/control/outbox").json()["mails"]) == 1


def test_undo_is_offered_while_it_works_and_opens_the_editor(
    desk: httpx.Client, draft: int
) -> None:
    submit(desk, f"/draft/{draft}/send")
    assert f"/draft/{draft}/undo" in desk.get("/conversation/1").text
    assert submit(desk, f"/draft/{draft}/undo") == f"/draft/{draft}"
    assert thread(desk, draft)["state"] == "draft"
    (mail,) = desk.get("/control/outbox").json()["mails"]
    assert mail["state"] == "cancelled"


def test_undo_is_gone_once_the_mail_left(desk: httpx.Client, draft: int) -> None:
    desk.post("/control/settings", json={"reply_delay_seconds": 0.05})
    submit(desk, f"/draft/{draft}/send")
    eventually(lambda: desk.get("/control/outbox").json()["mails"][0]["state"] == "sent")
    assert f"/draft/{draft}/undo" not in desk.get("/conversation/1").text
    assert desk.post(f"/draft/{draft}/undo").status_code == 400


def test_an_own_draft_stands_beside_the_bots(desk: httpx.Client, draft: int) -> None:
    submit(desk, "/conversation/1/draft", text="Own < text")
    drafts = [each for each in row(desk)["threads"] if each["state"] == "draft"]
    assert [each["created_by"] for each in drafts] == ["bot@desk.example", "ada@desk.example"]
    assert thread(desk, drafts[1]["id"])["body"] == "Own &lt; text"
    assert desk.get("/conversation/1").text.count("Draft, not sent") == len([draft, draft])


def test_an_autosave_comes_by_itself(desk: httpx.Client, draft: int) -> None:
    desk.post("/control/settings", json={"autosave_seconds": 0.1, "blur_save_seconds": 0.05})
    for deed, body in (("open", {}), ("type", {"text": "By timer"})):
        asked = desk.post(f"/control/draft-{deed}", json={"thread_id": draft, **body})
        assert asked.status_code == 200
    eventually(lambda: thread(desk, draft)["body"] == "By timer")
    desk.post("/control/draft-type", json={"thread_id": draft, "text": "By leaving"})
    desk.post("/control/draft-leave", json={"thread_id": draft})
    eventually(lambda: thread(desk, draft)["body"] == "By leaving")


# --- a conversation


def test_each_form_does_what_its_button_says(desk: httpx.Client) -> None:
    create(desk)
    create(desk, subject="Other")
    submit(desk, "/conversation/1/tags", tags="lead, p1 ,, lead")
    submit(desk, "/conversation/1/fields", **{"field-1": " high ", "field-9": "x"})
    submit(desk, "/conversation/1/assign", assignee="3")
    submit(desk, "/conversation/1/status", status="pending")
    submit(desk, "/conversation/1/move", mailbox="2")
    submit(desk, "/conversation/1/note", text="Call her")
    seen = row(desk)
    assert (seen["tags"], seen["custom_fields"]) == (["lead", "p1"], {"1": "high"})
    assert (seen["assignee"], seen["status"], seen["mailbox_id"]) == (3, "pending", 2)
    assert seen["threads"][-1]["type"] == "note"
    submit(desk, "/conversation/1/assign", assignee="0")
    assert row(desk)["assignee"] is None


def test_tags_by_a_person_leave_updated_at_alone(desk: httpx.Client) -> None:
    create(desk)
    before = row(desk)["updated_at"]
    fired = len(desk.get("/control/events").json()["events"])
    submit(desk, "/conversation/1/tags", tags="lead")
    assert row(desk)["updated_at"] == before
    assert len(desk.get("/control/events").json()["events"]) == fired


def test_merging_leads_to_the_other_conversation_by_its_number(desk: httpx.Client) -> None:
    desk.post("/control/settings", json={"number_offset": 100})
    create(desk)
    create(desk, subject="Other")
    assert submit(desk, "/conversation/1/merge", target=f" #{102}") == "/conversation/2"
    assert [each["state"] for each in conversations(desk)] == ["deleted", "published"]
    assert desk.post("/conversation/2/merge", data={"target": "7"}).status_code == 400


def test_a_deleted_conversation_is_restored_or_goes_for_ever(desk: httpx.Client) -> None:
    create(desk)
    assert "delete-forever" not in desk.get("/conversation/1").text
    submit(desk, "/conversation/1/delete")
    assert "/conversation/1/restore" in desk.get("/conversation/1").text
    submit(desk, "/conversation/1/restore")
    assert row(desk)["state"] == "published"
    submit(desk, "/conversation/1/delete")
    assert submit(desk, "/conversation/1/delete-forever") == "/?show=deleted"
    assert conversations(desk) == []


def test_a_reply_may_close_and_can_be_undone(desk: httpx.Client) -> None:
    create(desk)
    submit(desk, "/conversation/1/reply", text="Done", status="closed")
    assert row(desk)["status"] == "closed"
    number = row(desk)["threads"][-1]["id"]
    submit(desk, f"/draft/{number}/undo")
    assert row(desk)["threads"][-1]["state"] == "draft"


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ("status", {"status": "lost"}),
        ("status", {}),
        ("reply", {"text": "x", "status": "lost"}),
        ("reply", {"text": " "}),
        ("draft", {"text": " "}),
        ("note", {}),
        ("assign", {"assignee": "nobody"}),
        ("assign", {"assignee": "99"}),
        ("move", {"mailbox": "99"}),
        ("merge", {"target": "1"}),
        ("restore", {}),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    desk: httpx.Client, form: str, fields: dict[str, str]
) -> None:
    create(desk)
    before = conversations(desk)
    refused = desk.post(f"/conversation/1/{form}", data=fields)
    assert refused.status_code == 400
    assert "That did not work" in refused.text
    assert conversations(desk) == before


def test_forms_on_what_is_not_there_are_404(desk: httpx.Client) -> None:
    assert desk.post("/conversation/9/note", data={"text": "x"}).status_code == 404
    assert desk.post("/draft/9/send").status_code == 404


def test_without_the_modules_their_forms_are_missing(desk: httpx.Client) -> None:
    create(desk)
    assert "/conversation/1/tags" in desk.get("/conversation/1").text
    desk.post("/control/settings", json={"tags_module": False, "custom_fields_module": False})
    page = desk.get("/conversation/1").text
    assert "/conversation/1/tags" not in page
    assert "/conversation/1/fields" not in page


# --- folders and people


def test_each_folder_shows_its_conversations(desk: httpx.Client, draft: int) -> None:
    for _ in range(6):
        create(desk)
    submit(desk, "/conversation/2/assign", assignee="2")
    submit(desk, "/conversation/3/assign", assignee="3")
    submit(desk, "/conversation/4/status", status="closed")
    submit(desk, "/conversation/5/status", status="spam")
    submit(desk, "/conversation/6/delete")
    expected = {
        "all": {1, 2, 3, 4, 5, 6, 7},
        "unassigned": {1, 7},
        "mine": {2},
        "assigned": {3},
        "drafts": {1},
        "closed": {4},
        "spam": {5},
        "deleted": {6},
        "nonsense": {1, 2, 3, 4, 5, 6, 7},
    }
    assert {folder: shown(desk, show=folder) for folder in expected} == expected
    submit(desk, f"/draft/{draft}/discard")
    assert shown(desk, show="drafts") == set()


def test_older_modules_hide_api_drafts_from_the_folder_until_they_are_edited(
    desk: httpx.Client,
) -> None:
    desk.post("/control/settings", json={"drafts_folder": False})
    create(desk)
    body = {**DRAFT, "text": "<p>Hello</p>"}
    number = desk.post("/api/conversations/1/threads", json=body).json()["id"]
    assert shown(desk, show="drafts") == set()
    submit(desk, f"/draft/{number}/leave", text="<p>Hello</p>")
    assert shown(desk, show="drafts") == {1}


def test_the_list_is_narrowed_by_tag_mailbox_and_words(desk: httpx.Client) -> None:
    create(desk)
    create(desk, mailboxId=2, subject="Chairs")
    submit(desk, "/conversation/1/tags", tags="a&b")
    assert shown(desk, tag="a&b") == {1}
    assert "tag=a%26b" in desk.get("/").text
    assert shown(desk, mailbox="2") == {2}
    assert shown(desk, q="chairs") == {2}
    assert shown(desk, show="unassigned", mailbox="1", q="chairs") == set()


def test_a_long_list_comes_in_pages(desk: httpx.Client) -> None:
    for _ in range(51):
        create(desk)
    assert len(shown(desk)) == 50
    assert len(shown(desk, page="2")) == 1
    assert "page=2" in desk.get("/").text


def test_another_agent_signs_in_and_acts_as_themselves(desk: httpx.Client, draft: int) -> None:
    answer = desk.post("/session", data={"user": "3"})
    assert "agent=3" in answer.headers["set-cookie"]
    desk.cookies.update(BEN)
    submit(desk, f"/draft/{draft}/send")
    assert thread(desk, draft)["createdBy"]["firstName"] == "Ben"
    assert shown(desk, show="mine") == {1}
    desk.cookies.clear()
    desk.cookies.update({"agent": "1"})
    assert ">Ada Agent</summary>" in desk.get("/").text


def test_the_webhook_page_shows_secret_address_and_deliveries(desk: httpx.Client) -> None:
    create(desk)
    hook = {"url": "http://127.0.0.1:1/<hook>", "events": ["convo.note.created"]}
    desk.post("/api/webhooks", json=hook)
    add_note(desk)
    eventually(lambda: "ConnectError" in desk.get("/webhooks").text)
    page = desk.get("/webhooks").text
    assert desk.get("/control/webhooks").json()["secret"] in page
    assert "/&lt;hook&gt;" in page
