"""Where files are dropped, in the words of the page: Streamlit's own are English, and list every ending."""

from __future__ import annotations

import json

import streamlit as st

from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import unseen

_STYLE = """<style>
.st-key-{key} [data-testid="stFileUploaderDropzone"] button p,
.st-key-{key} [data-testid="stFileUploaderDropzoneInstructions"] span {{ font-size: 0; }}
.st-key-{key} [data-testid="stFileUploaderDropzone"] button p::after {{ content: {button}; font-size: .9rem; }}
.st-key-{key} [data-testid="stFileUploaderDropzoneInstructions"] span::after {{
  content: {said}; font-size: .875rem; white-space: normal; }}
.st-key-{key} [data-testid="stFileUploaderDropzoneInstructions"] * {{ white-space: normal; }}
</style>"""


def said_in_place(key: str, said: str) -> None:
    """Style for the uploader of that key: the button and the line beside it say ours. said: what may be dropped."""
    with unseen(f"upload-{key}"):
        st.html(_STYLE.format(key=key, button=_css(t("choose_files")), said=_css(said)))


def _css(text: str) -> str:
    """A string of CSS."""
    return json.dumps(text, ensure_ascii=False).replace("<", "\\3c ")
