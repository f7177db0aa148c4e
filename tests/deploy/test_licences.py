"""What is shipped may be passed on under the project's own licence."""

import re
from importlib.metadata import PackageNotFoundError, distribution, requires

import pytest

# Weak copyleft per file, unchanged by us: may be shipped beside other code.
ALLOWED = {"certifi": "MPL-2.0"}
_COPYLEFT = re.compile(r"GPL|MPL|EPL|EUPL|CDDL|Proprietary|Commercial", re.IGNORECASE)
MEMBERS = (
    "csm-common", "csm-cli", "gmail-ingest", "webhook-gateway", "classifier", "draft-writer",
    "followups",
)  # fmt: skip


def shipped() -> set[str]:
    """Everything that the members bring, by name."""
    found: set[str] = set()
    open_ = list(MEMBERS)
    while open_:
        name = open_.pop()
        if name in found:
            continue
        try:
            needs = requires(name) or []
        except PackageNotFoundError:  # for another system or version of Python
            continue
        found.add(name)
        plain = [need for need in needs if "extra ==" not in need]
        open_ += [re.split(r"[^\w.-]", need, maxsplit=1)[0].lower() for need in plain]
    return found


def licence(name: str) -> str:
    """All that a package says of its licence."""
    said = distribution(name).metadata
    classifiers = [c for c in said.get_all("Classifier") or () if c.startswith("License")]
    first = (said.get("License") or "").splitlines()[:1]
    return " ".join([said.get("License-Expression") or "", *first, *classifiers]).strip()


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_package_may_be_passed_on(name: str) -> None:
    said = licence(name)
    assert said, f"{name} says nothing of its licence"
    if name in ALLOWED:
        assert ALLOWED[name] in said
    else:
        assert not _COPYLEFT.search(said), f"{name}: {said}"
