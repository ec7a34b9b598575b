"""A network that asks questions about passages, to practise reading on."""
