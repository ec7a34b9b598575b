"""Statutes and judicial interpretations of the PRC, Markdown, one law a file. Official texts, no copyright.

A record:
    # 中华人民共和国民法典
    # 合同编
    2020年5月28日 第十三届全国人民代表大会第三次会议通过
    <!-- INFO END -->
    ## 第一分编  通则
    第四百六十三条 本编调整因合同产生的民事关系。

A document is the file as it stands; its id is the path within the folder. No questions: see `lecoqa`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sparewheel.rag.types import Document

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def documents(folder: Path, split: str) -> Iterator[Document]:
    for file in sorted(folder.glob("*/*.md")):
        if file.name == "_index.md":  # page of the site the collection is published on, holds no law
            continue
        text = file.read_text(encoding="utf-8")
        titles = [" ".join(title.split()) for title in _HEADING.findall(text)]
        id = file.relative_to(folder).as_posix()
        yield Document(
            id,
            text,
            " ".join(titles[:2]) or file.stem,
            str(file),
            "text/markdown",
            "zh",
            metadata={"kind": file.parent.name},
        )
