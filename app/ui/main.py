"""What `streamlit run` gets: the frame, then the page that was chosen."""

from __future__ import annotations

import importlib
from pathlib import Path

import streamlit as st

from sparewheel.app.people.access import Role
from sparewheel.app.ui import session
from sparewheel.app.ui.language import t

ICON = Path(__file__).with_name("icon.svg").read_text(encoding="utf-8")  # a named one would be fetched from elsewhere
LOGO = Path(__file__).with_name("logo.svg").read_text(encoding="utf-8")
SIDEBAR_PX = 256

# name of app.ui.<name> and of its address -> (icon, the lowest role that sees it)
PAGES: dict[str, tuple[str, Role]] = {
    "ask": ("forum", "viewer"),
    "documents": ("folder_open", "viewer"),
    "review": ("table_chart", "viewer"),
    "evaluate": ("fact_check", "analyst"),
    "health": ("monitor_heart", "viewer"),
    "advise": ("balance", "admin"),
    "accounts": ("key", "admin"),
}


def main() -> None:
    st.set_page_config(page_title="Sparewheel", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_PX)
    st.logo(LOGO, size="large", icon_image=ICON)
    session.begin()
    shown = [name for name, (_, role) in PAGES.items() if session.may(role)]
    st.navigation([page(name) for name in shown]).run()


def page(name: str) -> st.Page:
    """The page of app.ui.<name>, imported when it is first drawn."""

    def draw() -> None:
        importlib.import_module(f"sparewheel.app.ui.{name}").draw()

    icon = f":material/{PAGES[name][0]}:"
    return st.Page(draw, title=t(f"nav_{name}"), icon=icon, url_path=name, default=name == "ask")


if __name__ == "__main__":
    main()
