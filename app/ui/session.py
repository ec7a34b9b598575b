"""What every page asks of the session that draws it: the service, who is there, which language, and the frame."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import streamlit as st

from sparewheel.app.people.access import ROLES, Role, User
from sparewheel.app.ui import sign_in
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.theme import CSS
from sparewheel.app.words import Language
from sparewheel.rag.errors import NeedsRole, SparewheelError
from sparewheel.rag.observe import asker
from sparewheel.rag.settings import Settings, load_settings, settings_file

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from sparewheel.app.service import CorpusInfo, Service

LANGUAGES: dict[Language, str] = {"en": "English", "zh": "中文"}
FIGURE_PX = 150  # width of a figure with its label: two beside each other on a telephone
_settings: Settings | None = None
_file: Path | None = None


def configure(settings: Settings, file: Path | None = None) -> None:
    """The settings of this process' page and the file they are from, told once before it is served; without it they
    are read from the usual one."""
    global _settings, _file
    _settings, _file = settings, file


def settings_path() -> Path:
    """Where the page writes settings to: the file they were read from, else one in the folder it was started in."""
    return _file or settings_file(os.environ) or Path("sparewheel.toml")


def settings() -> Settings:
    """The settings in force; cheap."""
    return service().settings


@st.cache_resource(show_spinner=False)
def service() -> Service:
    """The one service of the process, shared by every session."""
    from sparewheel.app.service import Service

    return Service(_settings or load_settings())


def user() -> User | None:
    """Who is signed in; None is the owner of this machine, where there are no accounts."""
    return cast("User | None", st.session_state.get("user"))


def may(role: Role) -> bool:
    """Has the user this role or a higher one? Decides what is drawn; the service decides what is done."""
    who = user()
    return who is None or ROLES.index(who.role) >= ROLES.index(role)


@contextmanager
def told() -> Iterator[None]:
    """An error of ours inside becomes a message on the page."""
    try:
        yield
    except NeedsRole as error:
        st.error(t("forbidden", why=plain(str(error))))
    except SparewheelError as error:
        st.error(t("trouble", why=plain(str(error))))


def plain(text: str) -> str:
    """Text that Markdown shows as it is: names of files and people are no markup, a dollar sign begins no formula."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]()<>#+-.!|$~:" else char for char in text)


def pick_corpus() -> CorpusInfo | None:
    """The corpus chosen, the same on every page; None where the user may read none."""
    infos = {info.name: info for info in service().corpora(user())}
    if not infos:
        return None
    before = st.session_state.get("corpus")
    chosen = st.selectbox(
        t("corpus"),
        list(infos),
        index=list(infos).index(before) if before in infos else 0,
        format_func=lambda name: described(infos[name]),
    )
    st.session_state["corpus"] = chosen
    return infos[chosen]


def say_no_corpora() -> None:
    """What to do where there is no corpus, for the one who may create it and for the one who may not."""
    st.info(t("no_corpora_yet" if may("admin") else "no_corpora"))


def described(info: CorpusInfo) -> str:
    """A corpus in one line: name, domain, where its questions may go."""
    return f"{info.name} · {t(f'domain_{info.domain}')} · {t(f'sensitivity_{info.sensitivity}')}"


def unseen(name: str) -> DeltaGenerator:
    """A place for style and script, which must not take room on the page."""
    return st.container(key=f"sw-unseen-{name}")


def begin() -> None:
    """The frame of every page: style, who is there, language. Stops here while nobody is signed in who must be."""
    with unseen("frame"):
        st.html(CSS)
        _remember_language()
    who = sign_in.signed_in(service().settings)
    st.session_state["user"] = who
    asker.set(who.name if who else "")  # for the audit log
    with st.sidebar:
        chosen = st.radio(t("language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, horizontal=True,
                          index=list(LANGUAGES).index(language()), label_visibility="collapsed")  # fmt: skip
        if chosen != language():
            st.session_state["language"] = chosen
            st.rerun()
        if who is not None:
            st.caption(plain(t("signed_in", name=who.name, role=t(f"role_{who.role}"))))
            sign_in.sign_out_link(service().settings)


def _remember_language() -> None:
    """The address and the document say the language: a refresh keeps it, and a screen reader speaks it."""
    if st.query_params.get("lang") != language():
        st.query_params["lang"] = language()
    spoken = {"en": "en", "zh": "zh-CN"}[language()]
    st.html(f"<script>document.documentElement.lang = '{spoken}'</script>", unsafe_allow_javascript=True)
