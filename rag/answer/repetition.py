"""A text that goes round in circles: a model that has lost its way repeats itself until its limit."""

from __future__ import annotations

LEAST_CHARS = 300  # of the end of the text that must be repetition ...
LEAST_TIMES = 5  # ... of something that comes so often
TAIL_CHARS = 2400


def repeats(text: str) -> bool:
    """Whether the end of `text` is one piece again and again. Knuth, Morris and Pratt's failure function, backwards:
    linear in TAIL_CHARS."""
    tail = text[-TAIL_CHARS:][::-1]
    border = [0] * len(tail)  # border[i]: longest proper prefix of tail[:i+1] that also ends it
    length = 0
    for i in range(1, len(tail)):
        while length and tail[i] != tail[length]:
            length = border[length - 1]
        length += tail[i] == tail[length]
        border[i] = length
        period = i + 1 - length
        if i + 1 >= LEAST_CHARS and i + 1 >= LEAST_TIMES * period:
            return True
    return False
