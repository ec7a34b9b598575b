"""Who is there: nobody in particular, the holder of a signed cookie (`door`), or whom the organisation's OIDC names."""

from __future__ import annotations

import importlib.util

import streamlit as st

from sparewheel.app.people.access import Role, User
from sparewheel.app.ui.language import t
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Page, Settings


def signed_in(settings: Settings) -> User | None:
    """The user of this session; None is the owner of the machine. Draws the way in and stops where there is no user."""
    mode = settings.page.sign_in
    if mode == "none":
        return None
    if mode == "password":
        from sparewheel.app.ui.door import COOKIE, keys_of

        user = keys_of(settings).user(str(st.context.cookies.get(COOKIE, "")))
        if user is None:  # signed out, or gone, while the page was open
            st.html(f'<a href="{settings.page.root}/sign-in" target="_self">{t("sign_in")}</a>')
            st.stop()
        return user
    return _by_oidc(settings.page)


def sign_out_link(settings: Settings) -> None:
    """The way out."""
    if settings.page.sign_in == "password":
        button = f'<button type="submit" class="sw-sign-out">{t("sign_out")}</button>'
        st.html(f'<form method="post" action="{settings.page.root}/sign-out" target="_self">{button}</form>')
    elif st.button(t("sign_out")):
        st.logout()


def _by_oidc(page: Page) -> User:
    if not st.user.is_logged_in:
        st.title("Sparewheel")
        st.write(t("sign_in_sso"))
        if st.button(t("sign_in"), type="primary"):
            st.login()
        st.stop()
    email = str(st.user.get("email", ""))
    role = role_of(page, email, verified=st.user.get("email_verified") is True)
    if role is None:
        st.error(t("sign_in_nobody", name=email))
        if st.button(t("sign_out")):
            st.logout()
        st.stop()
    groups = st.user.get("groups")
    return User(email, role, tuple(map(str, groups)) if isinstance(groups, list | tuple) else ())


def role_of(page: Page, email: str, *, verified: bool = True) -> Role | None:
    """The highest role that the settings give to an address; None: no role, or an address not vouched for."""
    if not email or not verified:
        return None
    known: dict[Role, tuple[str, ...]] = {"admin": page.admins, "analyst": page.analysts, "viewer": page.viewers}
    for role, addresses in known.items():
        if email.casefold() in {address.casefold() for address in addresses} or (role == "viewer" and "*" in addresses):
            return role
    return None


def check_oidc(settings: Settings) -> None:
    """Raises UsageError when nobody could sign in by OIDC."""
    page = settings.page
    if not (page.admins or page.analysts or page.viewers):
        raise UsageError("page.sign_in is 'oidc' but nobody has a role: set page.admins, page.analysts or page.viewers")
    if importlib.util.find_spec("authlib") is None:
        raise UsageError("page.sign_in = 'oidc' needs Authlib: pip install 'streamlit[auth]'")
    if "auth" not in st.secrets.to_dict():
        raise UsageError(
            "page.sign_in = 'oidc' needs the provider in .streamlit/secrets.toml, section [auth] (docs/page.md)"
        )
