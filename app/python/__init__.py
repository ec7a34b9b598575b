"""The door for Python programs: a corpus as an object. `sparewheel.open_corpus` leads here."""
