"""The install key: made once, kept 0600, bound to its database."""

import os
import stat
from pathlib import Path

import pytest

from csm import install
from csm.install import INSTALL, InstallKeyError
from memory_store import Store

KEY = bytes(range(32))
OTHER = bytes(reversed(range(32)))


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "var" / "install.key"
    assert install.make_key(path)
    key = install.read_key(path)
    assert not install.make_key(path)
    assert install.read_key(path) == key
    assert len(key) == 32


def test_two_keys_differ(tmp_path: Path) -> None:
    for name in ("one", "two"):
        install.make_key(tmp_path / name)
    assert install.read_key(tmp_path / "one") != install.read_key(tmp_path / "two")


def test_only_its_owner_may_read_the_key_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        install.make_key(tmp_path / "install.key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "install.key").stat().st_mode) == 0o600


def test_a_missing_key_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InstallKeyError, match="no install key; run `csm provision`"):
        install.read_key(tmp_path / "install.key")


@pytest.mark.parametrize(
    ("content", "says"),
    [("no hex", "damaged"), ("", "0 bytes instead of 32"), ("00" * 31, "31 bytes instead of 32")],
)
def test_a_damaged_key_names_its_file_and_the_backup(
    tmp_path: Path, content: str, says: str
) -> None:
    path = tmp_path / "install.key"
    path.write_text(content)
    with pytest.raises(InstallKeyError, match=says) as caught:
        install.read_key(path)
    assert str(path) in str(caught.value)
    assert "backup" in str(caught.value)


def test_the_fingerprint_names_the_key_without_giving_it_away() -> None:
    assert install.fingerprint(KEY) == install.fingerprint(KEY) != install.fingerprint(OTHER)
    assert install.fingerprint(KEY) not in KEY.hex()
    assert len(install.fingerprint(KEY)) == 16


def test_an_empty_database_takes_the_first_key_and_keeps_its_fingerprint(store: Store) -> None:
    store.run(install.claim, KEY)
    store.run(install.claim, KEY)
    assert store.row(INSTALL)["fingerprint"] == install.fingerprint(KEY)


def test_another_key_is_refused_and_both_are_named(store: Store) -> None:
    store.run(install.claim, KEY)
    with pytest.raises(InstallKeyError) as caught:
        store.run(install.claim, OTHER)
    assert install.fingerprint(KEY) in str(caught.value)
    assert install.fingerprint(OTHER) in str(caught.value)
    assert store.row(INSTALL)["fingerprint"] == install.fingerprint(KEY)
