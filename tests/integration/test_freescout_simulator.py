"""The FreeScout simulator over real HTTP: what a client sees when all is well."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from desk_client import (
    DATE,
    add_note,
    break_down,
    client_of,
    conversations,
    create,
    new_conversation,
)
from simulators.freescout.app import build
from simulators.freescout.installation import API_KEY
from simulators.serve import running


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


def test_the_handshake_says_it_is_a_simulator(desk: httpx.Client) -> None:
    answer = desk.get("/control/handshake", headers={"X-FreeScout-API-Key": ""})
    assert answer.json() == {"simulator": "freescout", "version": 1}


@pytest.mark.parametrize("key", ["", "wrong", "wröng"])
def test_a_wrong_key_is_401_in_json_whatever_is_accepted(url: str, key: str) -> None:
    headers = [(b"X-FreeScout-API-Key", key.encode("latin-1"))]
    answer = httpx.get(f"{url}/api/conversations", headers=headers, trust_env=False)
    assert answer.status_code == 401
    assert answer.json()["errorCode"] == "UNAUTHORIZED"


def test_the_key_may_also_be_a_query_parameter_or_a_basic_user(desk: httpx.Client) -> None:
    bare = httpx.Client(base_url=desk.base_url, trust_env=False)
    with bare:
        assert bare.get("/api/users", params={"api_key": API_KEY}).status_code == 200
        assert bare.get("/api/users", auth=(API_KEY, "any")).status_code == 200
        assert bare.get("/api/users", auth=("wrong", "any")).status_code == 401


def test_a_revoked_key_is_refused_and_a_new_one_taken(desk: httpx.Client) -> None:
    desk.post("/control/settings", json={"api_key": None})
    assert desk.get("/api/users").status_code == 401
    desk.post("/control/settings", json={"api_key": "fresh"})
    assert desk.get("/api/users", headers={"X-FreeScout-API-Key": "fresh"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api/conversations/1/threads", 405),
        ("PUT", "/api/conversations/1/threads", 405),
        ("PUT", "/api/conversations/1/threads/1", 404),
        ("DELETE", "/api/threads/1", 404),
        ("PATCH", "/api/conversations", 405),
        ("PUT", "/api/webhooks/1", 405),
    ],
)
def test_what_freescout_lacks_is_html_unless_json_is_accepted(
    desk: httpx.Client, method: str, path: str, status: int
) -> None:
    page = desk.request(method, path, headers={"Accept": "*/*"})
    assert (page.status_code, page.headers["content-type"][:9]) == (status, "text/html")
    answer = desk.request(method, path)
    assert (answer.status_code, answer.json()) == (status, {"message": ""})


def test_a_bad_date_is_an_uncaught_exception(desk: httpx.Client) -> None:
    body = new_conversation(createdAt="not a date")
    page = desk.post("/api/conversations", json=body, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"][:9]) == (500, "text/html")
    answer = desk.post("/api/conversations", json=body)
    assert answer.json() == {"message": "Server Error"}


@pytest.mark.parametrize("key", ["type", "mailboxId", "subject", "customer", "threads"])
def test_a_create_without_a_required_key_is_400(desk: httpx.Client, key: str) -> None:
    answer = desk.post("/api/conversations", json=new_conversation(**{key: "  "}))
    assert answer.status_code == 400
    assert answer.json() == {
        "message": "Error occurred",
        "errorCode": "BAD REQUEST",
        "_embedded": {
            "errors": [{"path": key, "message": f"`{key}` parameter is required", "source": "JSON"}]
        },
    }
    assert conversations(desk) == []


def test_a_create_answers_201_with_the_id_and_the_object(desk: httpx.Client) -> None:
    answer = desk.post("/api/conversations", json=new_conversation(priority="high"))
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Resource-ID"] == str(body["id"])
    assert (body["createdAt"], body["threadsCount"]) == (DATE, 1)
    assert body["customer"]["email"] == "jo@client.example"
    assert body["source"] == {"type": "api", "via": "customer"}
    assert [thread["createdAt"] for thread in body["_embedded"]["threads"]] == [DATE]


def test_a_thread_answers_201_with_its_own_id(desk: httpx.Client) -> None:
    create(desk)
    answer = add_note(desk, text=" <p>x</p>\n<!-- csm:1:ABCDEFGHIJKLMNOP:b -->\n")
    assert answer.status_code == 201
    assert answer.headers["Resource-ID"] == str(answer.json()["id"]) == "2"
    assert answer.json()["body"] == "<p>x</p>\n<!-- csm:1:ABCDEFGHIJKLMNOP:b -->"
    threads = conversations(desk)[0]["threads"]
    assert threads[1]["markers"] == ["csm:1:ABCDEFGHIJKLMNOP:b"]


def test_a_draft_stays_a_draft_and_is_not_mailed(desk: httpx.Client) -> None:
    create(desk)
    answer = add_note(desk, type="message", state="draft", status="active")
    assert answer.json()["state"] == "draft"
    assert desk.get("/control/outbox").json() == {"mails": []}


def test_updates_answer_204_without_a_body(desk: httpx.Client) -> None:
    create(desk)
    calls = {
        "/api/conversations/1": {"byUser": 1, "status": "closed", "unknown": 1},
        "/api/conversations/1/tags": {"tags": ["lead", "p1"]},
        "/api/conversations/1/custom_fields": {"customFields": [{"id": 1, "value": "P1"}]},
    }
    for path, body in calls.items():
        answer = desk.put(path, json=body)
        assert (answer.status_code, answer.content) == (204, b"")
    row = desk.get("/api/conversations/1").json()
    assert row["status"] == "closed"
    assert [tag["name"] for tag in row["_embedded"]["tags"]] == ["lead", "p1"]
    assert row["customFields"] == [{"id": 1, "name": "Priority", "value": "P1", "text": "P1"}]


def test_a_deleted_conversation_is_404(desk: httpx.Client) -> None:
    create(desk)
    assert desk.delete("/api/conversations/1").status_code == 204
    assert desk.get("/api/conversations/1").status_code == 404
    assert add_note(desk).json()["errorCode"] == "NOT FOUND"


def test_lists_embed_threads_only_when_asked(desk: httpx.Client) -> None:
    create(desk)
    assert desk.get("/api/conversations").json()["_embedded"]["conversations"][0]["_embedded"] == {}
    listed = desk.get("/api/conversations", params={"embed": "threads"}).json()
    assert len(listed["_embedded"]["conversations"][0]["_embedded"]["threads"]) == 1
    assert "threads" in desk.get("/api/conversations/1").json()["_embedded"]
    only_tags = desk.get("/api/conversations/1", params={"embed": "tags"}).json()
    assert only_tags["_embedded"] == {"tags": []}


def test_pages_are_cut_by_offset_and_one_past_the_end_is_empty(desk: httpx.Client) -> None:
    for _ in range(5):
        create(desk)
    query: dict[str, str | int] = {
        "pageSize": 2,
        "sortField": "number",
        "sortOrder": "asc",
        "page": 3,
    }
    page = desk.get("/api/conversations", params=query).json()
    assert page["page"] == {"size": 2, "totalElements": 5, "totalPages": 3, "number": 3}
    assert [row["id"] for row in page["_embedded"]["conversations"]] == [5]
    past = desk.get("/api/conversations", params={**query, "page": 4})
    assert (past.status_code, past.json()["_embedded"]["conversations"]) == (200, [])


def test_attachments_come_back_to_whoever_has_their_url(desk: httpx.Client) -> None:
    content = base64.b64encode(b"\0binary\xff").decode()
    file = {"fileName": "a b.bin", "mimeType": "application/x-test", "data": content}
    thread = {"type": "customer", "text": "See file", "attachments": [file]}
    create(desk, threads=[thread])
    stored = desk.get("/api/conversations/1").json()["_embedded"]["threads"][0]
    (row,) = stored["_embedded"]["attachments"]
    assert (row["fileName"], row["mimeType"], row["size"]) == ("a_b.bin", "application/x-test", 8)
    assert httpx.get(row["fileUrl"], trust_env=False).content == b"\0binary\xff"
    assert httpx.get(row["fileUrl"][:-1] + "x", trust_env=False).status_code == 404


def test_the_cast_of_the_installation_is_listed(desk: httpx.Client) -> None:
    mailboxes = desk.get("/api/mailboxes").json()["_embedded"]["mailboxes"]
    assert mailboxes[0] == {"id": 1, "name": "Support", "email": "support@desk.example"}
    users = desk.get("/api/users").json()["_embedded"]["users"]
    names = [(user["id"], user["firstName"]) for user in users]
    assert names == [(1, "CSM"), (2, "Ada"), (3, "Ben")]
    assert desk.get("/api/users/2").json()["lastName"] == "Agent"
    assert desk.get("/api/users/9").status_code == 404
    assert desk.get("/api/mailboxes/1/custom_fields").status_code == 200
    assert desk.get("/api/mailboxes/1/folders").status_code == 200


def test_customers_are_made_found_and_renamed(desk: httpx.Client) -> None:
    made = desk.post("/api/customers", json={"firstName": "Jo", "email": "Jo@client.example"})
    assert made.status_code == 201
    again = desk.post("/api/customers", json={"email": "jo@client.example"})
    assert again.status_code == 400
    assert desk.put("/api/customers/1", json={"lastName": "Miller"}).status_code == 204
    found = desk.get("/api/customers", params={"email": "jo@client.example"}).json()
    assert [row["lastName"] for row in found["_embedded"]["customers"]] == ["Miller"]
    assert desk.get("/api/customers/1").json()["_embedded"]["emails"][0]["value"]


def test_missing_modules_answer_400(desk: httpx.Client) -> None:
    create(desk)
    desk.post("/control/settings", json={"tags_module": False, "custom_fields_module": False})
    assert desk.put("/api/conversations/1/tags", json={"tags": []}).status_code == 400
    answer = desk.put("/api/conversations/1/custom_fields", json={"customFields": []})
    assert "module is not installed" in answer.json()["_embedded"]["errors"][0]["message"]
    assert desk.get("/api/tags").status_code == 400
    assert desk.get("/api/mailboxes/1/custom_fields").status_code == 400


def test_used_tags_are_listed(desk: httpx.Client) -> None:
    create(desk)
    desk.put("/api/conversations/1/tags", json={"tags": ["lead"]})
    tags = desk.get("/api/tags").json()["_embedded"]["tags"]
    assert [(tag["name"], tag["counter"]) for tag in tags] == [("lead", 1)]


@pytest.mark.parametrize(
    "settings", [{"createdat": 1}, {"drafts": "lost"}, {"tags_module": 1}, {"number_offset": "1"}]
)
def test_settings_nobody_knows_are_refused(desk: httpx.Client, settings: object) -> None:
    assert desk.post("/control/settings", json=settings).status_code == 400


def test_requests_are_counted_by_pattern_and_status(desk: httpx.Client) -> None:
    create(desk)
    add_note(desk)
    break_down(desk, lost={"next": 1})
    with pytest.raises(httpx.TransportError):
        add_note(desk)
    assert desk.get("/control/counters").json()["requests"] == {
        "POST /api/conversations 201": 1,
        "POST /api/conversations/{id}/threads 201": 1,
        "POST /api/conversations/{id}/threads cut": 1,
    }
