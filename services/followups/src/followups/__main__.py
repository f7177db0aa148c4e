"""`python -m followups`: run the service with the settings of csm.toml."""

from csm import service
from followups.app import SERVICE, Service
from followups.settings import Settings


def main() -> None:
    """Exit 78 with every problem on stderr when the settings cannot work."""
    service.main(Settings, SERVICE, Service)


if __name__ == "__main__":
    main()
