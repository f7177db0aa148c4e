"""What happens at the desk because time passes: autosaves, events, mail."""

from simulators.freescout import drafting
from simulators.freescout.desk import Desk


def pass_time(desk: Desk) -> None:
    """Do everything whose time has come but sending mail; doing it again changes nothing."""
    drafting.autosave_due(desk)
    desk.fire_due()


def next_due(desk: Desk) -> float | None:
    """Return when something happens by itself next, in seconds since 1970."""
    due = (desk.mailroom.next_due(), desk.events.next_due(), drafting.next_autosave(desk))
    return min((each for each in due if each is not None), default=None)
