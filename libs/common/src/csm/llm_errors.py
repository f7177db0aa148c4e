"""What can go wrong when a model is asked, and what its caller does about it.

LlmError
  x LlmUnavailableError      nothing is known: `Later(retry_in, waiting_for="llm")`, no attempt used
    x LlmMisconfiguredError  the same, reported `at_once`: a person must change key, model or quota
    x LlmBusyError           another worker asks the very same: `Later(retry_in)`, waits for nobody
    x LlmOverBudgetError     a ceiling is reached: rules now, `Later(retry_in)` for the final answer
  x LlmRefusedError          asked in vain, again is useless: rules, no draft, a note says why
    x LlmDeclinedError       the model or its filter refused this text
    x LlmInvalidError        no valid answer after one repair, or an answer that was cut off
    x LlmTooLongError        the text does not fit: shorten it once and ask again, then as above

No message holds a text, an answer, an address or a key.
"""


class LlmError(Exception):
    """Base of all errors of `csm.llm`."""


class LlmUnavailableError(LlmError):
    """The model did not answer usefully; waiting helps. `retry_in` in seconds.

    `is_outage` is False when only this process was too slow, or had nothing to ask.
    """

    def __init__(self, why: str, retry_in: float, *, is_outage: bool = True) -> None:
        """Keep what decides when to try again."""
        super().__init__(why)
        self.why = why
        self.retry_in = retry_in
        self.is_outage = is_outage


class LlmMisconfiguredError(LlmUnavailableError):
    """Key, model or quota is refused: waiting does not help before a person changes something."""


class LlmBusyError(LlmUnavailableError):
    """The same is being asked at this moment; its answer is there in `retry_in` seconds."""


class LlmOverBudgetError(LlmUnavailableError):
    """A ceiling of the settings is reached until `retry_in` seconds from now; `key` names it."""

    def __init__(self, key: str, why: str, retry_in: float) -> None:
        """`key`: the setting that says how much may be spent."""
        super().__init__(why, retry_in, is_outage=False)
        self.key = key


class LlmRefusedError(LlmError):
    """There will be no answer to this. What was paid for it is accounted; `key` is its row."""

    def __init__(self, why: str, key: str = "") -> None:
        """`why` in words for the note: what happened, no contents."""
        super().__init__(why)
        self.why = why
        self.key = key


class LlmDeclinedError(LlmRefusedError):
    """The model declined, or a content filter did."""


class LlmInvalidError(LlmRefusedError):
    """The answer does not fit its schema, even after a repair, or was cut off."""


class LlmTooLongError(LlmRefusedError):
    """The prompt does not fit into the model's context."""
