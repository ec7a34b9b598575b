"""How the answer holds when the endpoints do not: a server that plays every fault of a busy DeepSeek, and load."""
