"""`python -m gmail_ingest`: run the service with the settings of csm.toml."""

import asyncio
import sys

from csm.db import DatabaseInUseError
from csm.install import InstallKeyError
from csm.settings import EXIT_CONFIG, ConfigError, exit_config, load
from gmail_ingest.app import serve
from gmail_ingest.settings import Settings


def main() -> None:
    """Exit 78 with every problem on stderr when the settings cannot work."""
    try:
        asyncio.run(serve(load(Settings)))
    except ConfigError as error:
        exit_config(error)
    except (InstallKeyError, DatabaseInUseError) as error:
        sys.stderr.write(f"config error: {error}\n")
        raise SystemExit(EXIT_CONFIG) from None


if __name__ == "__main__":
    main()
