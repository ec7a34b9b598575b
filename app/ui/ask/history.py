"""The conversations in the sidebar: open one, begin a new one, rename, delete."""

from __future__ import annotations

import streamlit as st

from sparewheel.app.kept.history import Conversation, History
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import plain, service, told, user
from sparewheel.rag.settings import Settings

SHOWN = 30
SEARCHED_FROM = 4  # conversations; fewer are seen at a glance


def history() -> History:
    """The conversations of this installation, beside its corpora."""
    settings = service().settings
    return _opened(settings.store, str(settings.corpora_folder), _settings=settings)


@st.cache_resource(show_spinner=False)
def _opened(store: str, folder: str, _settings: Settings) -> History:
    return History.of(_settings)


def who() -> str:
    """The name that conversations are kept under; "" is the owner of this machine."""
    signed_in = user()
    return signed_in.name if signed_in else ""


def current() -> str:
    """The id of the open conversation, "" for none. It stands in the address, so a refresh keeps it."""
    return str(st.session_state.get("conversation") or st.query_params.get("c", ""))


def go_to(id: str) -> None:
    """Opens a conversation; "" begins a new one."""
    st.session_state["conversation"] = id
    st.session_state.pop("shown_turn", None)
    if id:
        st.query_params["c"] = id
    else:
        st.query_params.pop("c", None)


def draw_sidebar(open_id: str) -> None:
    """The list, the newest first, and what can be done with the open one."""
    with st.sidebar:
        st.button(t("ask_new"), icon=":material/add:", on_click=go_to, args=("",), width="stretch", key="new-question")
        st.header(t("ask_history"))
        kept = history().list(who(), SHOWN)
        words = ""
        if len(kept) >= SEARCHED_FROM:
            words = st.text_input(
                t("ask_find"), key="find", placeholder=t("ask_find"), icon=":material/search:",
                label_visibility="collapsed",
            )  # fmt: skip
            kept = history().list(who(), SHOWN, words) if words.strip() else kept
        if not kept:
            st.caption(t("ask_found_none") if words.strip() else t("ask_history_none"))
        with st.container(gap="xxsmall"):
            for conversation in kept:
                draw_entry(conversation, is_open=conversation.id == open_id)


def draw_entry(conversation: Conversation, *, is_open: bool) -> None:
    st.button(
        plain(conversation.title), key=f"open-{conversation.id}", on_click=go_to, args=(conversation.id,),
        type="secondary" if is_open else "tertiary", width="stretch", help=plain(conversation.corpus),
    )  # fmt: skip
    if is_open:
        draw_manage(conversation)


def draw_manage(conversation: Conversation) -> None:
    """A new title, a link for colleagues, or away with it."""
    with st.popover(t("ask_manage"), icon=":material/edit:", width="stretch"):
        if who():
            draw_share(conversation)
        title = st.text_input(t("ask_rename"), conversation.title, key=f"title-{conversation.id}")
        if st.button(t("ask_rename_save"), key=f"rename-{conversation.id}"):
            with told():
                history().rename(conversation.id, who(), title)
                st.rerun()
        st.button(
            t("ask_delete"), key=f"delete-{conversation.id}", icon=":material/delete:", on_click=remove,
            args=(conversation.id,),
        )  # fmt: skip


def draw_share(conversation: Conversation) -> None:
    """Where there are accounts: others may read it who have the link."""

    def change() -> None:
        with told():
            history().share(conversation.id, who(), shared=st.session_state[f"share-{conversation.id}"])

    st.toggle(
        t("ask_share"), conversation.shared, key=f"share-{conversation.id}", on_change=change, help=t("ask_share_help")
    )
    if conversation.shared:
        st.caption(t("ask_share_link"))
        st.code(f"{(st.context.url or '').split('?')[0]}?c={conversation.id}", language=None, wrap_lines=True)


def remove(id: str) -> None:
    """Deletes a conversation and begins a new one."""
    with told():
        history().remove(id, who())
    go_to("")
