"""The language of the session that draws, and its wordings."""

from __future__ import annotations

from typing import cast

import streamlit as st

from sparewheel.app.words import Language
from sparewheel.app.words.page import say


def language() -> Language:
    """Of the interface: what was chosen here, what the address says (?lang=zh), else what the browser asks for."""
    if "language" not in st.session_state:
        named = st.query_params.get("lang", "") or st.context.locale or ""
        st.session_state["language"] = "zh" if named.startswith("zh") else "en"
    return cast(Language, st.session_state["language"])


def t(key: str, **values: object) -> str:
    """The wording of `key`, in the language of the session."""
    return say(language(), key, **values)
