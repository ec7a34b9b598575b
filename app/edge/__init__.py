"""A corpus in one file that a small machine answers from: packed here, checked and asked there, without a network."""
