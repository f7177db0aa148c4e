"""Asks the service in this container how it is: `python -m csm.probe 8081 [readyz]`, exit 0 or 1.

Only the standard library: it starts every few seconds beside the service.
"""

import http.client
import sys

# Seconds; a service gives its own database 2.
_PATIENCE = 3.0


def ask(port: int, path: str = "readyz") -> tuple[bool, str]:
    """Whether `/path` on this machine answers 200, and what it said."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
    try:
        connection.request("GET", f"/{path}")
        answer = connection.getresponse()
        return answer.status == 200, answer.read().decode(errors="replace")
    except OSError as error:
        return False, f"port {port} does not answer: {type(error).__name__}"
    finally:
        connection.close()


def main() -> None:
    """Say what the service said; 1 when it is not well."""
    is_well, words = ask(int(sys.argv[1]), *sys.argv[2:3])
    sys.stdout.write(f"{words}\n")
    raise SystemExit(0 if is_well else 1)


if __name__ == "__main__":
    main()
