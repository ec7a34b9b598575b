"""These tests need the driver of the database."""

import pytest

pytest.importorskip("psycopg")
