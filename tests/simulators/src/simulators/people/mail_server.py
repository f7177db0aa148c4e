"""A mail server in fifty lines: one transaction after the other, no TLS, no queue."""

import asyncio
from email import policy
from email.parser import BytesParser

from simulators.people.inbox import Inbox

_CHANNEL = "smtp"


class MailServer:
    """Takes every mail; a fault is played after DATA, when most real ones happen."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a free port of loopback."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    @property
    def port(self) -> int:
        """Where it listens, 0 before `start`."""
        if self._server is None:
            return 0
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 people.example\r\n")
        try:
            while line := await reader.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    answer = self._taken(await _body(reader))
                    if not answer:
                        writer.transport.abort()
                        return
                    writer.write(answer)
                elif word == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                else:
                    writer.write(b"250 people.example\r\n")
        except ConnectionError:
            return
        finally:
            writer.close()

    def _taken(self, raw: bytes) -> bytes:
        fault = self._inbox.next_fault(_CHANNEL)
        if fault == "refused":
            return b"554 no\r\n"
        mail = BytesParser(policy=policy.default).parsebytes(raw)
        content = {name.lower(): str(value) for name, value in mail.items()}
        body = mail.get_body(("plain",))
        content["text"] = body.get_content() if body is not None else ""
        self._inbox.take(_CHANNEL, content)
        return b"" if fault == "lost" else b"250 taken\r\n"


async def _body(reader: asyncio.StreamReader) -> bytes:
    lines = []
    while (line := await reader.readline()) not in (b".\r\n", b""):
        lines.append(line[1:] if line.startswith(b".") else line)
    return b"".join(lines)
