"""Chat servers on this machine, found and put to use from the page Health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from sparewheel.app.detect import Server, detect, section
from sparewheel.app.settings_file import write_endpoints
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import may, plain, service, settings_path, told
from sparewheel.rag.errors import NeedsRole
from sparewheel.rag.settings import Endpoint

FOUND = "servers_found"


def draw() -> None:
    """A button that looks for them; of each found its models to choose from."""
    st.header(t("servers"))
    st.caption(t("servers_what"))
    if said := st.session_state.pop("servers_said", ""):
        st.success(plain(said))
    if st.button(t("servers_find"), icon=":material/travel_explore:"):
        with st.spinner(t("servers_find")):
            st.session_state[FOUND] = detect()
    found: Sequence[Server] | None = st.session_state.get(FOUND)
    if found is None:
        return
    if not found:
        st.info(t("servers_none"))
    for server in found:
        draw_server(server)


def draw_server(server: Server) -> None:
    """Its models, whether it is in use, and a button to use it."""
    used = service().settings.endpoint.get(server.name)
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        index = server.models.index(used.model) if used and used.model in server.models else 0
        model = st.selectbox(plain(server.name.replace("_", " ")), server.models, index, key=f"model-{server.name}")
        if used and (used.url, used.model) == (server.url, model):
            st.caption(t("servers_used"), width="content")
        elif st.button(t("servers_use"), key=f"use-{server.name}"):
            with told():
                use(server, model)
                st.session_state["servers_said"] = t("servers_written", model=model, path=settings_path().name)
                st.rerun()


def use(server: Server, model: str) -> None:
    """The server answers from the next question on, behind the endpoints there are, and after a restart, too. Raises
    NeedsRole, and SettingsError where the file cannot be written."""
    if not may("admin"):
        raise NeedsRole("only an administrator may change which models answer")
    write_endpoints(settings_path(), {server.name: section(server, model)}, force=True)
    settings = service().settings
    endpoint = Endpoint(url=server.url, model=model, thinking_switch="none")
    service().apply(replace(settings, endpoint={**settings.endpoint, server.name: endpoint}))
