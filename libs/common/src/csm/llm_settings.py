"""The section `[llm]`: which server, which model for which task, what it may cost.

No model has a default: model names die, and the operator must know who reads the mail.
"""

from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from csm.settings import SecretFile, Section, WebAddress, encrypted, is_loopback

Task = Literal["classify", "draft"]
TASKS: tuple[Task, ...] = ("classify", "draft")
SchemaMode = Literal["json_schema", "json_object", "text"]
LimitName = Literal["max_tokens", "max_completion_tokens"]
_OPENAI = "api.openai.com"
_AZURE = ".openai.azure.com"


def _model_server(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address like https://llm.example/v1")
    if parts.username or parts.password or parts.query:
        raise ValueError("must hold neither user, password nor query")
    return url.rstrip("/")


Usd = Annotated[Decimal, Field(gt=0, le=1_000_000)]
PerMillion = Annotated[Decimal, Field(ge=0, le=100_000)]
ModelServer = Annotated[str, AfterValidator(_model_server)]


class Price(Section):
    """What a model costs, in USD per million tokens."""

    input: PerMillion
    output: PerMillion
    # What the provider takes for the part of a prompt that it still has; the full price by default.
    cached_input: PerMillion | None = None


class TaskSettings(Section):
    """One task: its model, its parameters, its ceilings."""

    model: str = Field(min_length=1, max_length=200)
    # Reasoning models count what they think: give them several thousand.
    max_output_tokens: int = Field(default=1500, ge=50, le=100_000)
    temperature: float | None = Field(default=None, ge=0, le=2)
    reasoning_effort: str | None = Field(default=None, pattern=r"^[a-z]{1,20}$")
    usd_per_day: Usd | None = None
    usd_per_month: Usd | None = None

    @property
    def has_ceiling(self) -> bool:
        """Whether anything limits what may be spent."""
        return self.usd_per_day is not None or self.usd_per_month is not None


class LlmSettings(Section):
    """Any server that speaks OpenAI's chat completions, and the tasks it is asked for."""

    insecure_http: bool = False
    base_url: ModelServer
    # None for a server that wants no key (Ollama, llama.cpp, vLLM in your own network).
    api_key_file: SecretFile | None = None
    # Mail of customers leaves this machine: somebody must have agreed to that.
    data_processing_acknowledged: bool = Field(default=False, validate_default=True)
    proxy: WebAddress | None = None
    deadline_seconds: float = Field(default=60, gt=0, le=600)
    in_flight: int = Field(default=16, ge=1, le=64)
    schema_mode: SchemaMode = "json_schema"
    # How the limit of an answer is called; a refusal teaches the other name.
    token_limit: LimitName | None = None
    prices: dict[str, Price] = Field(default_factory=dict)
    classify: TaskSettings | None = None
    draft: TaskSettings | None = None

    @field_validator("data_processing_acknowledged")
    @classmethod
    def _agreed(cls, agreed: bool, earlier: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's signature
        url = earlier.data.get("base_url")
        if url is not None and not agreed and not is_loopback(url):
            raise ValueError(
                f"customers' mail would be sent to {urlsplit(url).hostname}; set it to true when "
                "an agreement about data processing with whoever runs that server is in force"
            )
        return agreed

    @field_validator("base_url")
    @classmethod
    def _encrypted(cls, url: str, earlier: ValidationInfo) -> str:
        return encrypted(url, earlier)

    @field_validator("classify", "draft")
    @classmethod
    def _priced(cls, task: TaskSettings | None, earlier: ValidationInfo) -> TaskSettings | None:
        if task is None or not task.has_ceiling or task.model in earlier.data.get("prices", {}):
            return task
        ceiling = "usd_per_day" if task.usd_per_day else "usd_per_month"
        raise ValueError(
            f"{ceiling} needs the price of {task.model}; add a table "
            f'[llm.prices."{task.model}"] with input and output in USD per million tokens'
        )

    @model_validator(mode="after")
    def _some_task(self) -> "LlmSettings":
        if not self.tasks:
            raise ValueError("llm.classify.model or llm.draft.model is needed: no task has a model")
        return self

    @property
    def tasks(self) -> dict[Task, TaskSettings]:
        """The tasks that have a model."""
        given = {"classify": self.classify, "draft": self.draft}
        return {name: task for name in TASKS if (task := given[name]) is not None}

    @property
    def host(self) -> str:
        """The server's host and port: results of another server are other results."""
        return urlsplit(self.base_url).netloc

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI itself, which has parameters that nobody else knows."""
        return urlsplit(self.base_url).hostname == _OPENAI

    @property
    def limit_name(self) -> LimitName:
        """How the limit of an answer is called there, before a refusal taught better.

        Ollama ignores `max_completion_tokens` in silence, OpenAI's newer models refuse the other.
        """
        host = urlsplit(self.base_url).hostname or ""
        is_new = self.is_openai or host.endswith(_AZURE)
        return self.token_limit or ("max_completion_tokens" if is_new else "max_tokens")

    @property
    def api_key(self) -> str:
        """The key, read from its file. The SDK refuses an empty one, keyless servers ignore it."""
        return self.api_key_file.read_text().strip() if self.api_key_file else "none"
