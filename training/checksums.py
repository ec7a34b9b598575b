"""Writes rag/weights/checksums.json: the sha256 of every file of the built-in models. Run after a model has changed.

python -m training.checksums
"""

from __future__ import annotations

import json

from sparewheel.rag import weights
from sparewheel.rag.disk import sha256_of


def main() -> None:
    found = {f"{m.name}/{name}": m.folder / name for m in weights.built_in() for name in weights.FILES}
    sums = {name: sha256_of(file) for name, file in sorted(found.items()) if file.is_file()}
    (weights.WEIGHTS / "checksums.json").write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
    print(f"{len(sums)} files")


if __name__ == "__main__":
    main()
