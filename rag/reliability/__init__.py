"""Deadlines, breakers and failover: an answer when an endpoint is busy, ill or gone. Read `failover.py` first."""
