"""Writes the checksums.json of the built-in models: the sha256 of every file. Run after a model has changed.

python -m training.checksums
"""

from __future__ import annotations

import json

from sparewheel.rag import weights
from sparewheel.rag.disk import sha256_of


def main() -> None:
    models = weights.built_in()
    for folder in {model.folder.parent for model in models}:
        own = {f"{m.name}/{name}": m.folder / name for m in models if m.folder.parent == folder
               for name in weights.files(m.name)}  # fmt: skip
        sums = {name: sha256_of(file) for name, file in sorted(own.items()) if file.is_file()}
        (folder / "checksums.json").write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
        print(f"{folder.name}: {len(sums)} files")


if __name__ == "__main__":
    main()
