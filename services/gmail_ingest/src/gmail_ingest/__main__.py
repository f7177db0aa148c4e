"""`python -m gmail_ingest`: run the service with the settings of csm.toml."""

from csm import service
from gmail_ingest.app import SERVICE, Service
from gmail_ingest.settings import Settings


def main() -> None:
    """Exit 78 with every problem on stderr when the settings cannot work."""
    service.main(Settings, SERVICE, Service)


if __name__ == "__main__":
    main()
