"""Every run of the explorers: the full protocol in several worlds, weak variants in small ones.

A weak variant runs until the invariant it must break is seen broken; a full one runs to its end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from faults.model.draft import DraftModel
from faults.model.drafts import DraftRules, Room
from faults.model.search import Model, Search, Verdict
from faults.model.world import A0, A0_FILES, A1, A2, B0, C0, FULL, World
from faults.model.write import WriteModel

LIMIT = 1_000_000
NIGHTLY_LIMIT = 12_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """One line of the table. `breaks` names the invariant that must be found broken."""

    name: str
    model: Callable[[], Model[Any]]
    breaks: str | None = None
    is_nightly: bool = False

    def verdict(self) -> Verdict:
        """Search; a run that is too big raises `TruncatedError`."""
        limit = NIGHTLY_LIMIT if self.is_nightly else LIMIT
        return Search(self.model(), limit).run(self.breaks)

    def is_as_expected(self, verdict: Verdict) -> bool:
        """Whether exactly that was found which must be."""
        return verdict.holds if self.breaks is None else self.breaks in verdict.traces


def write(name: str, world: World, *, nightly: bool = False) -> Run:
    """The full protocol in one world."""
    return Run(name, lambda: WriteModel(world), is_nightly=nightly)


def weak(name: str, breaks: str, world: World, **turned: bool) -> Run:
    """A world whose protocol has some switches turned."""
    rules = replace(FULL, **turned)
    return Run(name, lambda: WriteModel(replace(world, rules=rules)), breaks)


def draft(name: str, room: Room, *, nightly: bool = False) -> Run:
    """The one-draft rule in one room."""
    return Run(name, lambda: DraftModel(room), is_nightly=nightly)


def weak_draft(name: str, breaks: str, room: Room, **turned: Any) -> Run:
    """A room whose rule has some switches turned."""
    rules = replace(DraftRules(), **turned)
    return Run(name, lambda: DraftModel(replace(room, rules=rules)), breaks)


REQUEST = {"lost": 1, "error": 1, "refused": 1, "timeout": 1, "half": 1}
# In this one world an agent's reply is answered only after the first mail is recorded.
SLOW_ANSWERS = replace(FULL, answers_come_after_the_record=True)

HOLDS = (
    write("one mail with files: every fault of a request, a death, a lease that runs out",
          World((A0_FILES,), REQUEST | {"strip": 1, "crash": 1, "expire": 1})),
    write("one mail: every fault of a request and of the bus, a death",
          World((A0,), REQUEST | {"crash": 1, "redeliver": 1, "lose": 1})),
    write("one mail: the outgoing event lost",
          World((A0,), {"lose": 1, "unheard": 1, "redeliver": 1, "crash": 1})),
    write("one mail, three workers, two deaths",
          World((A0,), {"lost": 1, "timeout": 1, "half": 1, "crash": 2, "redeliver": 1,
                        "expire": 1}, workers=3)),
    write("three mails of one Gmail thread",
          World((A0, A1, A2), {"crash": 1, "lost": 1, "redeliver": 1})),
    write("two Gmail threads, one conversation",
          World((A0, B0), {"lost": 1, "crash": 1, "timeout": 1, "expire": 1})),
    write("two Gmail threads, a half create, an event lost",
          World((A0, B0), {"lost": 1, "crash": 1, "half": 1, "unheard": 1})),
    write("two Gmail threads, three mails",
          World((A0, A1, B0), {"lost": 1, "crash": 1}, rules=SLOW_ANSWERS)),
    write("two Gmail threads, the older mail in the new one",
          World((A0, B0, A1), {"lost": 1, "crash": 1})),
    write("the same, a late request", World((A0, B0, A1), {"timeout": 1})),
    write("two creates of one customer and subject",
          World((A0, C0), {"half": 1, "timeout": 1})),
    write("an agent merges",
          World((A0, A1), {"merge": 1, "lost": 1, "crash": 1, "expire": 1}, is_other_there=True)),
    write("an agent merges, two Gmail threads",
          World((A0, B0), {"merge": 1, "crash": 1, "lost": 1}, is_other_there=True)),
    write("FreeScout away",
          World((A0, A1), {"outage": 1, "crash": 1, "lost": 1, "redeliver": 1})),
    write("night: one mail, three workers, every fault",
          World((A0,), REQUEST | {"crash": 2, "redeliver": 1, "lose": 1, "expire": 1}, workers=3),
          nightly=True),
    write("night: two Gmail threads, three mails, a late request",
          World((A0, B0, A1), {"lost": 1, "crash": 1, "timeout": 1, "expire": 1}), nightly=True),
    write("night: two creates of one customer and subject",
          World((A0, C0), {"half": 1, "timeout": 1, "crash": 1, "expire": 1}), nightly=True),
    write("night: three mails with every hop",
          World((A0, A1, A2), {"crash": 1, "lost": 1, "timeout": 1, "redeliver": 1, "lose": 1}),
          nightly=True),
)  # fmt: skip

WEAK = (
    weak("POST first, then mark", "once", World((A0,), {"lost": 1}, 1), intent_first=False),
    weak("mark first, then POST", "phantom", World((A0,), {"crash": 1}, 1), mark_first=True),
    weak("blind retry inside the client", "once", World((A0,), {"lost": 1}, 1),
         retry_in_client=True),
    weak("no lease", "once", World((A0,), {"redeliver": 1}), lease=False),
    weak("no fence on the record", "fencing", World((A0,), {"redeliver": 1, "expire": 1}),
         fence=False),
    weak("no fence on the withdrawal", "once",
         World((A0,), {"redeliver": 1, "expire": 1, "refused": 1, "lost": 1}),
         fence_withdrawal=False),
    weak("no quarantine", "once", World((A0,), {"timeout": 1}), quarantine=False),
    weak("looks before it knows that the quarantine is over", "once",
         World((A0, A1), {"timeout": 1}), looks_afresh=False),
    weak("blind to empty conversations", "place", World((A0,), {"half": 1}), sees_husks=False),
    weak("adopts a rival's empty conversation", "place",
         World((A0, C0), {"half": 1, "timeout": 1, "crash": 1}), counts_rivals=False),
    weak("waiting counts as failing", "waiting", World((A0,), {"outage": 1}),
         waiting_is_failing=True),
    weak("re-publish without a bucket", "loss", World((A0,), {"lose": 1}), bucket=False),
    weak("no due loop", "loss", World((A0,), {"lose": 1}), due_loop=False),
    weak("match not committed before the intent", "order", World((A0, A1, B0), {"redeliver": 1}),
         map_first=False),
    weak("leases by Gmail thread only", "order", World((A0, A1, B0), {}),
         conversation_lease=False),
    weak("two leases at once", "loss", World((A0, A1, B0), {}), one_lease=False),
    weak("an older mail of a new Gmail thread overtaken", "order", World((A0, B0, A1), {}),
         sees_elders=False),
    weak("not the oldest first", "order", World((A0, A1, B0), {}), oldest_first=False),
    weak("files not compared", "whole", World((A0_FILES,), {"strip": 1}), compares_files=False),
    weak("missing files believed at once", "whole", World((A0_FILES,), {"timeout": 1}),
         waits_for_files=False),
    weak("no sweep, outgoing event lost", "loss", World((A0,), {"unheard": 1}), sweep=False),
    weak("lists by createdSince", "once", World((A0,), {"lost": 1}), lists_by_update=False),
    weak("appends to the shell of a merge", "place",
         World((A0, A1), {"merge": 1}, is_other_there=True), follows_merges=False),
)  # fmt: skip

ASSUMPTIONS = (
    weak("paused from intent to request for longer than the quarantine", "once",
         World((A0,), {"expire": 1, "redeliver": 1}), pause_is_bounded=False),
    weak("the list does not show what was written", "once",
         World((A0,), {"lost": 1, "stale": 1})),
    weak("an agent's reply is answered before the first mail is recorded", "order",
         World((A0, A1, B0), {})),
    weak("an agent merges while a request is on its way", "place",
         World((A0, A1), {"merge": 1}, is_other_there=True), no_merge_in_flight=False),
)  # fmt: skip

DRAFTS_HOLD = (
    draft("drafts: every fault of a request, a follow-up",
          Room({"lost": 1, "error": 1, "timeout": 1, "followup": 1})),
    draft("drafts: a person with four deeds", Room({"lost": 1, "timeout": 1}, deeds=4)),
    draft("drafts: a lost answer, a death, a lease that runs out",
          Room({"lost": 1, "crash": 1, "redeliver": 1, "expire": 1}, deeds=2)),
    draft("drafts: a late request, a death, a lease that runs out",
          Room({"timeout": 1, "crash": 1, "redeliver": 1, "expire": 1}, deeds=2)),
    draft("drafts: the customer writes again", Room({"lost": 1, "timeout": 1, "again": 1})),
    draft("drafts: three bots", Room({"redeliver": 2, "lost": 1, "timeout": 1}, bots=3)),
    draft("drafts: a back end that compares inside FreeScout",
          Room({"lost": 1, "again": 1}, rules=DraftRules(replaces="compares inside"))),
    draft("night: drafts, every fault",
          Room({"lost": 1, "error": 1, "timeout": 1, "crash": 1, "redeliver": 1, "expire": 1,
                "followup": 1}), nightly=True),
    draft("night: drafts, the customer writes again",
          Room({"lost": 1, "timeout": 1, "crash": 1, "expire": 1, "again": 1}), nightly=True),
)  # fmt: skip
DRAFTS_WEAK = (
    weak_draft("drafts: no lease", "one-draft", Room({"redeliver": 1}), lease=False),
    weak_draft("drafts: created without re-reading", "one-draft", Room({"again": 1}),
               rereads=False),
    weak_draft("drafts: POST first, then record", "discarded", Room({"lost": 1}),
               intent_first=False),
    weak_draft("drafts: no quarantine", "one-draft", Room({"timeout": 1}), quarantine=False),
    weak_draft("drafts: made again after an unseen discard", "discarded", Room({"lost": 1}),
               withholds=False),
    weak_draft("drafts: a follow-up forgets the discard", "discarded", Room({"followup": 1}),
               remembers=False),
    weak_draft("drafts: looks for its own draft only", "one-draft", Room({"again": 1}),
               sees_other_drafts=False),
    weak_draft("drafts: another message's intent left open", "one-draft",
               Room({"timeout": 1, "again": 1}), settles_others=False),
    weak_draft("drafts: no fence", "fencing", Room({"expire": 1, "redeliver": 1}), fence=False),
    weak_draft("drafts: compare, generate, then write", "human-wins", Room({"again": 1}),
               rereads=False, replaces="compares first"),
    weak_draft("drafts: compare, then write", "human-wins", Room({"again": 1}),
               replaces="compares just before"),
)  # fmt: skip

RUNS = (*HOLDS, *WEAK, *ASSUMPTIONS, *DRAFTS_HOLD, *DRAFTS_WEAK)
BY_DAY = tuple(run for run in RUNS if not run.is_nightly)
BY_NIGHT = tuple(run for run in RUNS if run.is_nightly)
