"""One module a public set. Each has `documents(folder, split)` and, where the set has them, `questions` and `qrels`.

`folder` is where the set lies, `split` one name of `datasets.toml`. All are generators: nothing is read before the
first record is asked for. Each module opens with one real record, the licence, and what each label means.
"""
