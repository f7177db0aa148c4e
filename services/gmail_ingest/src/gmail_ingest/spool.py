"""Raw mails in work, one 0600 file each, deleted when the work has ended."""

import asyncio
import hashlib
import os
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

    def _path(self, work_id: str) -> Path:
        return self._folder / f"{hashlib.sha256(work_id.encode()).hexdigest()[:32]}.eml"

    def _write(self, work_id: str, raw: bytes) -> None:
        # A half-written file must never look like a mail: written aside, then renamed.
        aside = self._path(work_id).with_suffix(f".{os.getpid()}.part")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(raw)
        aside.rename(self._path(work_id))

    def _read(self, work_id: str) -> bytes | None:
        try:
            return self._path(work_id).read_bytes()
        except FileNotFoundError:
            return None
