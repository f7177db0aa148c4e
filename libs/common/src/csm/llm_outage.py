"""What a handler does when no model can be asked: it waits, the dependency row `llm` says why."""

from csm import dependency
from csm.db import Database
from csm.dependency import Prober
from csm.llm import LlmMisconfiguredError, LlmUnavailableError
from csm.outcome import Later
from csm.timing import Timing

LLM = "llm"  # the dependency's name: `Prober(probes={LLM: llm.probe, ...})`


async def later(error: LlmUnavailableError, db: Database, prober: Prober, timing: Timing) -> Later:
    """The outcome of a delivery that needs the model's answer: waiting is not failing.

    An outage is counted in the dependency row and said once; then the row sleeps until the prober
    finds the server back. A question in work elsewhere or a spent budget only take their time.
    """
    if not error.is_outage:
        return Later(error.retry_in, error.why)
    is_lasting = isinstance(error, LlmMisconfiguredError)
    await prober.report(LLM, error.why, at_once=is_lasting)
    if down := await db.run(dependency.down, LLM):
        return Later(timing.republish_after, down.reason, LLM)
    return Later(min(error.retry_in, timing.nak_delays[-1]), error.why)
