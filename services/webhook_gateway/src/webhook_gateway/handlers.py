"""What webhook_gateway does with a request: FreeScout's webhooks become stored hints."""

import hashlib

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from csm.contracts import ConversationUpdated
from csm.logs import get_logger
from csm.metrics import WEBHOOK_SECRETS, WEBHOOKS
from csm.trace import span
from webhook_gateway.intake import Intake
from webhook_gateway.limits import Rates, RefusedError, check_head, read_body
from webhook_gateway.payload import Payload, PayloadError, parse
from webhook_gateway.policy import meaning_of
from webhook_gateway.settings import WebhookGatewaySettings
from webhook_gateway.signature import knows_header_secret, signer
from webhook_gateway.state import Delivery, Hint

_log = get_logger("webhook")


class Handlers:
    """One method per route; every answer names what was wrong and quotes nothing."""

    def __init__(self, settings: WebhookGatewaySettings, intake: Intake) -> None:
        """Reads the secrets' files."""
        self._secrets = [secret.encode() for secret in settings.secrets]
        header_secret = settings.header_secret
        self._header_secret = None if header_secret is None else header_secret.encode()
        self._rates = Rates(settings.rate_per_sender, settings.rate)
        self._intake = intake

    async def freescout(self, request: Request) -> Response:
        """POST /freescout: 200 when it is stored, an error that says what to do otherwise."""
        try:
            result = await self._received(request)
        except RefusedError as refused:
            WEBHOOKS.labels(refused.reason).inc()
            return _answer_to(refused)
        WEBHOOKS.labels(result).inc()
        return JSONResponse({"result": result})

    async def health(self) -> Response:
        """GET /health, as the predecessor had it: this process takes webhooks."""
        return JSONResponse({"status": "ok"})

    async def _received(self, request: Request) -> str:
        self._rates.check(request.client.host if request.client else "")
        check_head(request)
        body = await read_body(request)
        self._verify(request, body)
        try:
            payload = parse(body)
        except PayloadError as error:
            raise RefusedError(400, "payload", str(error)) from None
        event = request.headers.get("x-freescout-event", "")[:64]
        delivery = _delivery(event, body, payload)
        return delivery.meaning if await self._intake.store(delivery) else "repeated"

    def _verify(self, request: Request, body: bytes) -> None:
        by = signer(body, _header(request, "x-freescout-signature"), self._secrets)
        if by is not None:
            WEBHOOK_SECRETS.labels(str(by + 1)).inc()
            return
        signed, plain = (
            _header(request, "x-webhook-signature"),
            _header(request, "x-webhook-secret"),
        )
        secret = self._header_secret
        if secret is not None and knows_header_secret(body, signed, plain, secret):
            WEBHOOK_SECRETS.labels("header").inc()
            return
        raise RefusedError(401, "signature", "x-freescout-signature: does not fit the body")


def _header(request: Request, name: str) -> bytes:
    """The raw bytes: what is not ASCII must not become an error of ours."""
    wanted = name.encode()
    return next((value for key, value in request.scope["headers"] if key == wanted), b"")


def _delivery(event: str, body: bytes, payload: Payload) -> Delivery:
    """What is stored; raises RefusedError when a conversation's event names no conversation."""
    meaning = meaning_of(event)
    named = hashlib.sha256(event.encode() + b"\0" + body).hexdigest()
    conversation_id = payload.id if event.startswith("convo.") else None
    if meaning == "stored":
        hint = None
    elif conversation_id is None:
        raise RefusedError(400, "payload", "id: must be the number of a conversation")
    else:
        hint = _hint(meaning == "agent", conversation_id, named)
    return Delivery(
        named, event, meaning, conversation_id, payload.customer_thread_id, payload.redacted, hint
    )


def _hint(is_agent: bool, conversation_id: int, named: str) -> Hint:  # noqa: FBT001 - of two causes
    """Named by the delivery, not by its newest message: a payload can be one message behind."""
    hint = ConversationUpdated(
        conversation_id=conversation_id,
        cause="agent" if is_agent else "webhook",
        delivery_hash=named,
    )
    with span("conversation noticed", conversation_id=conversation_id, cause=hint.cause) as begun:
        return Hint(hint, begun.traceparent)


def _answer_to(refused: RefusedError) -> Response:
    if refused.status == 503:
        _log.warning("webhook not stored", why=refused.words)
    # What is left of the body is not read: the connection cannot be used again.
    headers = {"Connection": "close"}
    if refused.retry_after:
        headers["Retry-After"] = str(refused.retry_after)
    return JSONResponse({"error": refused.words}, refused.status, headers)
