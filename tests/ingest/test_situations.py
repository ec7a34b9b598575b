"""Documents as people have them: nothing lost, nothing moved, nothing that is not in force."""

from __future__ import annotations

import re
import shutil

import pytest

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.load import load, with_members
from sparewheel.rag.settings import Ingest
from tests.ingest.situations import mail, pdf, web, word

SITUATIONS = [*word.SITUATIONS, *web.SITUATIONS, *pdf.SITUATIONS, *mail.SITUATIONS]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.name)
def test_the_text_holds_what_the_document_says(tmp_path, situation):
    """And not what it does not say; what was left out is told."""
    if situation.ocr and not shutil.which("tesseract"):
        pytest.skip("no OCR here")
    path = tmp_path / situation.file
    path.write_bytes(situation.bytes())
    settings = Ingest(ocr="auto" if situation.ocr else "off")
    if situation.refused:
        with pytest.raises(DocumentError, match=situation.refused):
            load(path, situation.file, settings)
        return
    document = load(path, situation.file, settings)
    text = "\n\n".join(f"{each.text}\n{each.id}" for each in with_members(document))
    for pattern in situation.has:
        assert re.search(pattern, text), pattern
    for pattern in situation.hasnot:
        assert not re.search(pattern, text), pattern
    for pattern in situation.notes:
        assert re.search(pattern, document.metadata.get("notes", "")), pattern
