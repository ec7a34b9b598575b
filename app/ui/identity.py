"""What is known of one document: its title, kind, parties and so on, to look at and, for analysts, to correct."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import may, plain, service, told, user
from sparewheel.rag.ingest.identity import KEYS, misstated
from sparewheel.rag.ingest.several import SEPARATOR, SEVERAL

if TYPE_CHECKING:
    from sparewheel.rag.ingest.described import DocumentInfo


def draw_identity(corpus: str, info: DocumentInfo) -> bool:
    """A form for analysts, lines for viewers. True when something was corrected just now."""
    known = {"title": info.title, **{key: info.metadata.get(key, "") for key in KEYS}}
    with st.expander(t("docs_identity")):
        if may("analyst"):
            return draw_form(corpus, info.id, known)
        for key, value in known.items():
            if value:
                st.write(plain(f"{t(f'docs_about_{key}')}: {value}"))
    return False


def draw_form(corpus: str, id: str, known: Mapping[str, str]) -> bool:
    """A field for each part; several names stand on a line each. True when something was corrected just now."""
    with st.form(f"identity_{corpus}_{id}"):
        st.caption(t("docs_identity_help"))
        left, right = st.columns(2, gap="medium")
        shown = {key: value.replace(SEPARATOR, "\n") if key in SEVERAL else value for key, value in known.items()}
        typed = {}
        for key, value in shown.items():  # without a key of its own, so that what was corrected stands in a fresh field
            label = t(f"docs_about_{key}")
            if key in SEVERAL:
                typed[key] = right.text_area(label, value, help=t(f"docs_help_{key}"))
            else:
                typed[key] = left.text_input(label, value, help=t("docs_help_date") if key == "date" else None)
        pressed = st.form_submit_button(t("docs_identity_save"), type="primary")
    changes = {key: value for key, value in typed.items() if value.strip() != shown[key].strip()}
    if not pressed or not changes:
        return False
    if wrong := misstated(changes):
        st.error(plain(t(f"docs_wrong_{wrong}", value=changes[wrong])))
        return False
    with told(), st.spinner(t("docs_identity_save")):
        service().edit(corpus, id, changes, user())
        return True
    return False
