"""The routes of /api that FreeScout has, and no others."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.freescout import bodies
from simulators.freescout.answers import core_error, refusal, wants_json
from simulators.freescout.desk import Desk
from simulators.freescout.installation import Installation
from simulators.freescout.records import CrashedError, Cut, RefusedError
from simulators.freescout.search import FOLDERS, find_conversations
from simulators.freescout.wire import (
    EMBEDDABLE,
    Wire,
    full_customer_json,
    mailbox_json,
    tag_id,
    user_json,
    webhook_json,
)

Endpoint = Callable[[Request], Awaitable[Response]]

CUT = "simulators.cut"


class Api:
    """Endpoints over one desk."""

    def __init__(self, site: Installation) -> None:
        self._site = site

    @property
    def desk(self) -> Desk:
        """The present desk; a reset replaces it."""
        return self._site.desk

    def routes(self) -> list[Route]:
        """All routes below /api."""
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/conversations", self.list_conversations),
            ("POST", "/conversations", self.create_conversation),
            ("GET", "/conversations/{id:int}", self.get_conversation),
            ("PUT", "/conversations/{id:int}", self.update_conversation),
            ("DELETE", "/conversations/{id:int}", self.delete_conversation),
            ("POST", "/conversations/{id:int}/threads", self.append_thread),
            ("PUT", "/conversations/{id:int}/tags", self.set_tags),
            ("PUT", "/conversations/{id:int}/custom_fields", self.set_custom_fields),
            ("GET", "/conversations/{id:int}/timelogs", self.list_timelogs),
            ("GET", "/tags", self.list_tags),
            ("GET", "/customers", self.list_customers),
            ("POST", "/customers", self.create_customer),
            ("GET", "/customers/{id:int}", self.get_customer),
            ("PUT", "/customers/{id:int}", self.update_customer),
            ("GET", "/users", self.list_users),
            ("GET", "/users/{id:int}", self.get_user),
            ("GET", "/mailboxes", self.list_mailboxes),
            ("GET", "/mailboxes/{id:int}/folders", self.list_folders),
            ("GET", "/mailboxes/{id:int}/custom_fields", self.list_custom_fields),
            ("GET", "/webhooks", self.list_webhooks),
            ("POST", "/webhooks", self.register_webhook),
            ("DELETE", "/webhooks/{id:int}", self.remove_webhook),
        ]
        return _grouped(table, self._guarded)

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if not self._site.access.allows(request):
                return refusal(RefusedError("apiKey", "Invalid API key", status=401))
            try:
                return await endpoint(request)
            except RefusedError as refused:
                return refusal(refused)
            except CrashedError:
                return core_error(500, wants_json=wants_json(request))

        return guarded

    # Conversations

    async def list_conversations(self, request: Request) -> Response:
        """GET /conversations."""
        page = find_conversations(self.desk, request.query_params)
        return JSONResponse(self._wire(request).page(page, _embed(request, default="")))

    async def get_conversation(self, request: Request) -> Response:
        """GET /conversations/{id}: threads and tags unless `embed` names other parts."""
        row = self.desk.conversation(_id(request))
        embed = _embed(request, default="threads,tags,timelogs")
        return JSONResponse(self._wire(request).conversation(row, embed))

    async def create_conversation(self, request: Request) -> Response:
        """POST /conversations."""
        new = bodies.read_conversation(bodies.read_body(await request.body()))
        row = self.desk.create_conversation(new, _cut(request))
        return _created(row.id, self._wire(request).conversation(row, EMBEDDABLE))

    async def append_thread(self, request: Request) -> Response:
        """POST /conversations/{id}/threads."""
        new = bodies.read_thread(bodies.read_body(await request.body()))
        thread = self.desk.append_thread(_id(request), new, _cut(request))
        return _created(thread.id, self._wire(request).thread(thread))

    async def update_conversation(self, request: Request) -> Response:
        """PUT /conversations/{id}."""
        change = bodies.read_change(bodies.read_body(await request.body()))
        self.desk.update_conversation(_id(request), change)
        return Response(status_code=204)

    async def delete_conversation(self, request: Request) -> Response:
        """DELETE /conversations/{id}: gone for good."""
        self.desk.delete_forever(_id(request))
        return Response(status_code=204)

    async def set_tags(self, request: Request) -> Response:
        """PUT /conversations/{id}/tags."""
        tags = bodies.read_tags(bodies.read_body(await request.body()))
        self.desk.set_tags(_id(request), tags)
        return Response(status_code=204)

    async def set_custom_fields(self, request: Request) -> Response:
        """PUT /conversations/{id}/custom_fields."""
        values = bodies.read_custom_fields(bodies.read_body(await request.body()))
        self.desk.set_custom_fields(_id(request), values)
        return Response(status_code=204)

    async def list_timelogs(self, request: Request) -> Response:
        """GET /conversations/{id}/timelogs: nobody tracks time here."""
        self.desk.conversation(_id(request))
        return _listing("timelogs", [])

    # Everything around them

    async def list_tags(self, _request: Request) -> Response:
        """GET /tags."""
        if not self.desk.switches.tags_module:
            raise RefusedError("tags", "Tags module is not installed")
        used = [tag for row in self.desk.conversations.values() for tag in row.tags]
        tags = sorted(set(used))
        return _listing(
            "tags", [{"id": tag_id(tag), "name": tag, "counter": used.count(tag)} for tag in tags]
        )

    async def list_customers(self, request: Request) -> Response:
        """GET /customers, by `email` when given."""
        wanted = request.query_params.get("email", "").lower()
        rows = [
            full_customer_json(row)
            for row in self.desk.customers.rows.values()
            if not wanted or row.email == wanted
        ]
        return _listing("customers", rows)

    async def create_customer(self, request: Request) -> Response:
        """POST /customers: an address that is known is refused."""
        ref = bodies.read_customer(bodies.read_body(await request.body()))
        if ref.email and self.desk.customers.by_address(ref.email):
            raise RefusedError("email", "A customer with this email already exists")
        customer = self.desk.customers.resolve(ref)
        return _created(customer.id, full_customer_json(customer))

    async def get_customer(self, request: Request) -> Response:
        """GET /customers/{id}."""
        return JSONResponse(full_customer_json(self.desk.customers.get(_id(request))))

    async def update_customer(self, request: Request) -> Response:
        """PUT /customers/{id}: names only."""
        customer = self.desk.customers.get(_id(request))
        body = bodies.read_body(await request.body())
        first_name = str(body.get("firstName") or customer.first_name)
        last_name = str(body.get("lastName") or customer.last_name)
        self.desk.customers.rename(customer, first_name, last_name)
        return Response(status_code=204)

    async def list_users(self, request: Request) -> Response:
        """GET /users, by `email` when given."""
        wanted = request.query_params.get("email")
        users = [user for user in self.desk.team.users if wanted in (None, user.email)]
        return _listing("users", [user_json(user) for user in users])

    async def get_user(self, request: Request) -> Response:
        """GET /users/{id}."""
        for user in self.desk.team.users:
            if user.id == _id(request):
                return JSONResponse(user_json(user))
        raise RefusedError("userId", "User not found", status=404)

    async def list_mailboxes(self, _request: Request) -> Response:
        """GET /mailboxes."""
        return _listing("mailboxes", [mailbox_json(row) for row in self.desk.team.mailboxes])

    async def list_folders(self, request: Request) -> Response:
        """GET /mailboxes/{id}/folders."""
        mailbox = self.desk.mailbox(_id(request))
        rows = [
            {"id": mailbox.id * 100 + kind, "name": name, "type": kind}
            for kind, name in FOLDERS.items()
        ]
        return _listing("folders", rows)

    async def list_custom_fields(self, request: Request) -> Response:
        """GET /mailboxes/{id}/custom_fields."""
        if not self.desk.switches.custom_fields_module:
            raise RefusedError("customFields", "Custom Fields module is not installed")
        mailbox = self.desk.mailbox(_id(request))
        rows = [
            {"id": custom.id, "name": custom.name, "type": "single_line", "required": False}
            for custom in self.desk.team.custom_fields
            if custom.mailbox_id == mailbox.id
        ]
        return _listing("custom_fields", rows)

    async def list_webhooks(self, _request: Request) -> Response:
        """GET /webhooks, each with its last run."""
        rows = [webhook_json(webhook) for webhook in self._site.webhooks.webhooks.values()]
        return _listing("webhooks", rows)

    async def register_webhook(self, request: Request) -> Response:
        """POST /webhooks."""
        wanted = bodies.read_webhook(bodies.read_body(await request.body()))
        webhook = self._site.webhooks.register(*wanted)
        return _created(webhook.id, webhook_json(webhook))

    async def remove_webhook(self, request: Request) -> Response:
        """DELETE /webhooks/{id}."""
        self._site.webhooks.remove(_id(request))
        return Response(status_code=204)

    def _wire(self, request: Request) -> Wire:
        return Wire(self.desk, str(request.base_url.replace(path="")))


def _grouped(
    table: list[tuple[str, str, Endpoint]], guard: Callable[[Endpoint], Endpoint]
) -> list[Route]:
    # One route a path: a wrong verb must answer 405, not 404.
    paths: dict[str, dict[str, Endpoint]] = {}
    for verb, path, endpoint in table:
        paths.setdefault(path, {})[verb] = guard(endpoint)
    return [
        Route(path, _by_verb(endpoints), methods=list(endpoints))
        for path, endpoints in paths.items()
    ]


def _by_verb(endpoints: dict[str, Endpoint]) -> Endpoint:
    async def dispatch(request: Request) -> Response:
        # Starlette adds HEAD to every GET route.
        return await endpoints["GET" if request.method == "HEAD" else request.method](request)

    return dispatch


def _listing(name: str, rows: list[dict[str, object]]) -> Response:
    page = {"size": 50, "totalElements": len(rows), "totalPages": 1, "number": 1}
    return JSONResponse({"_embedded": {name: rows}, "page": page})


def _created(resource_id: int, body: dict[str, object]) -> Response:
    return JSONResponse(body, 201, headers={"Resource-ID": str(resource_id)})


def _id(request: Request) -> int:
    return int(request.path_params["id"])


def _cut(request: Request) -> Cut:
    return Cut(request.scope.get(CUT, Cut.NOTHING))


def _embed(request: Request, *, default: str) -> frozenset[str]:
    return EMBEDDABLE & frozenset(request.query_params.get("embed", default).split(","))


async def core_exception(request: Request, error: Exception) -> Response:
    """Unknown path or wrong verb, answered by the core and not by the module."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    return core_error(status, wants_json=wants_json(request))
