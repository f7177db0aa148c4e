"""A draft open in somebody's browser: what is on the screen, and when it is saved by itself."""

from dataclasses import dataclass


@dataclass(slots=True)
class Editor:
    """One person with one draft open; all times in seconds since 1970.

    `text` is what the browser holds, `left_at` when the person clicked elsewhere.
    """

    thread_id: int
    user_id: int
    text: str
    opened_at: float
    typed_at: float | None = None
    left_at: float | None = None

    def save_due(self, autosave: float, blur: float) -> float | None:
        """Return when the browser saves next; None while there is nothing to save.

        FreeScout: a timer of 12 s saves what was typed since, leaving the field saves within
        about 1.5 s whether something was typed or not. Both lengths are in seconds.
        """
        due: list[float] = []
        if self.left_at is not None:
            due.append(self.left_at + blur)
        if self.typed_at is not None:
            ticks = (self.typed_at - self.opened_at) // autosave + 1
            due.append(self.opened_at + ticks * autosave)
        return min(due, default=None)

    def saved(self, text: str) -> None:
        """Note that the desk now holds `text`."""
        self.text = text
        self.typed_at = None
        self.left_at = None
