"""`python -m draft_writer`: run the service with the settings of csm.toml."""

from csm import service
from draft_writer.app import SERVICE, Service
from draft_writer.settings import Settings


def main() -> None:
    """Exit 78 with every problem on stderr when the settings cannot work."""
    service.main(Settings, SERVICE, Service)


if __name__ == "__main__":
    main()
