"""Which listeners only this machine reaches."""

import pytest

from sparewheel.app.people.loopback import is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.2", False),
        ("localhost.example", False),
    ],
)
def test_only_loopback_addresses_are_this_machines_own(host, expected):
    """No address, every address, and a name that may lead anywhere are not."""
    assert is_loopback(host) is expected
