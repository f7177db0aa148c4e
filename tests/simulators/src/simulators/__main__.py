"""Command line: `python -m simulators freescout|gmail --port N [--gmail URL] [--desk URL]`."""

import argparse

from starlette.types import ASGIApp

from simulators.serve import die_with_parent, serve


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulators", description=__doc__)
    parser.add_argument("simulator", choices=["freescout", "gmail"])
    parser.add_argument("--port", type=int, default=0, help="0 = any free port")
    parser.add_argument("--gmail", help="base URL of the Gmail simulator: gets FreeScout's mail")
    parser.add_argument("--desk", help="accepted for symmetry: Gmail never calls the desk")
    parser.add_argument("--seed", type=int, default=0, help="seed of ids and fault dice")
    parser.add_argument("--die-with-parent", action="store_true")
    return parser.parse_args()


def _build(arguments: argparse.Namespace) -> ASGIApp:
    if arguments.simulator == "freescout":
        from simulators.freescout import app as freescout  # noqa: PLC0415 - one simulator a process

        return freescout.build(gmail=arguments.gmail, seed=arguments.seed)
    from simulators.gmail import app as gmail  # noqa: PLC0415 - one simulator a process

    return gmail.build(seed=arguments.seed)


def main() -> None:
    """Serve the chosen simulator until SIGTERM."""
    arguments = _arguments()
    if arguments.die_with_parent:
        die_with_parent()
    serve(_build(arguments), arguments.port)


if __name__ == "__main__":
    main()
