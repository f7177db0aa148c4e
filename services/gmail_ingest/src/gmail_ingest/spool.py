"""Raw mails in work, one 0600 file each, deleted when the work has ended."""

import asyncio
import hashlib
import os
import tempfile
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

# Above this a mail is fetched again instead: disk is the writer's, not an archive.
SPOOL_LIMIT = 5_000_000


class Spool:
    """A folder of raw mails, named by the hash of their work id."""

    def __init__(self, folder: Path) -> None:
        """Make the folder (0700) if it is missing."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder

    async def keep(self, work_id: str, raw: bytes) -> bool:
        """Store a mail durably enough to be read again; False when it is too large."""
        if len(raw) > SPOOL_LIMIT:
            return False
        await asyncio.to_thread(self._write, work_id, raw)
        return True

    async def read(self, work_id: str) -> bytes | None:
        """The mail, None when it is not here (too large, or the file is gone)."""
        return await asyncio.to_thread(self._read, work_id)

    async def drop(self, work_id: str) -> None:
        """Delete the mail if it is here."""
        await asyncio.to_thread(self._path(work_id).unlink, missing_ok=True)

    async def keep_only(self, work_ids: Collection[str], age: float) -> None:
        """Delete every file older than `age` seconds that belongs to none of these mails."""
        await asyncio.to_thread(self._sweep, {self._path(one) for one in work_ids}, age)

    def _path(self, work_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(work_id.encode()).hexdigest()[:32]}.eml"

    def _write(self, work_id: str, raw: bytes) -> None:
        # A half-written file must never look like a mail: written aside, under a name that no
        # other writer of the same mail has, then renamed.
        descriptor, aside = tempfile.mkstemp(dir=self._folder, suffix=".part")
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        Path(aside).rename(self._path(work_id))

    def _sweep(self, wanted: set[Path], age: float) -> None:
        for path in set(self._folder.iterdir()) - wanted:
            # A mail may end, and its file go, between two of these lines.
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < time.time() - age:
                    path.unlink()

    def _read(self, work_id: str) -> bytes | None:
        try:
            return self._path(work_id).read_bytes()
        except FileNotFoundError:
            return None
