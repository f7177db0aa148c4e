"""`python -m classifier`: run the service with the settings of csm.toml."""

from classifier.app import SERVICE, Service
from classifier.settings import Settings
from csm import service


def main() -> None:
    """Exit 78 with every problem on stderr when the settings cannot work."""
    service.main(Settings, SERVICE, Service)


if __name__ == "__main__":
    main()
