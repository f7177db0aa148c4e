"""Command line of the simulators.

python -m simulators freescout|gmail|llm|people --port N [--gmail URL]   serve until SIGTERM
python -m simulators deliver --gmail URL [--mail PATH]        bring mail in, print counts
python -m simulators count --mail PATH                        how many mails lie there
python -m simulators verdict --gmail URL --desk URL           judge what the desk holds
"""

import argparse
import sys
from pathlib import Path

_SERVERS = ("freescout", "gmail", "llm", "people")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="simulators", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in _SERVERS:
        _add_server(commands.add_parser(name))
    deliver = commands.add_parser("deliver")
    deliver.add_argument("--gmail", required=True)
    deliver.add_argument("--mail", type=Path, help="mbox, Maildir, folder of .eml or one .eml")
    count = commands.add_parser("count")
    count.add_argument("--mail", type=Path, required=True)
    judge = commands.add_parser("verdict")
    judge.add_argument("--gmail", required=True)
    judge.add_argument("--desk", required=True)
    return parser


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 only inside a container")
    parser.add_argument("--gmail", help="base URL of the Gmail simulator: gets FreeScout's mail")
    parser.add_argument("--desk", help="accepted for symmetry: Gmail never calls the desk")
    parser.add_argument("--seed", type=int, default=0, help="seed of ids and fault dice")
    parser.add_argument("--die-with-parent", action="store_true")


def _serve(arguments: argparse.Namespace) -> None:
    # Each process imports only the simulator it is: a start costs half a second less.
    from simulators.serve import die_with_parent, serve  # noqa: PLC0415 - as above

    if arguments.die_with_parent:
        die_with_parent()
    where = (arguments.port, arguments.host)
    if arguments.command == "freescout":
        from simulators.freescout import app as freescout  # noqa: PLC0415 - as above

        serve(freescout.build(gmail=arguments.gmail, seed=arguments.seed), *where)
    elif arguments.command == "llm":
        from simulators.llm import app as llm  # noqa: PLC0415 - as above

        serve(llm.build(seed=arguments.seed), *where)
    elif arguments.command == "people":
        from simulators.people import app as people  # noqa: PLC0415 - as above

        serve(people.build(), *where)
    else:
        from simulators.gmail import app as gmail  # noqa: PLC0415 - as above

        serve(gmail.build(seed=arguments.seed), *where)


def _ask(arguments: argparse.Namespace) -> None:
    from simulators import commands  # noqa: PLC0415 - as above
    from simulators.mail_source import MailSourceError  # noqa: PLC0415 - as above

    try:
        if arguments.command == "deliver":
            answer = commands.deliver(arguments.gmail, arguments.mail)
        elif arguments.command == "count":
            answer = commands.count(arguments.mail)
        else:
            answer = commands.judge(arguments.gmail, arguments.desk)
    except MailSourceError as error:
        raise SystemExit(str(error)) from None
    sys.stdout.write(commands.as_line(answer))


def main() -> None:
    """Serve a simulator until SIGTERM, or do one thing and end."""
    arguments = _parser().parse_args()
    if arguments.command in _SERVERS:
        _serve(arguments)
    else:
        _ask(arguments)


if __name__ == "__main__":
    main()
