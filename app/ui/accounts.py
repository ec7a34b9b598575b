"""The page Accounts, for administrators: who may come in, and the keys that programs use."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from sparewheel.app.people.accounts import Account
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.people.scopes import SCOPES
from sparewheel.app.ui.language import t
from sparewheel.app.ui.session import may, plain, service, told
from sparewheel.rag import observe


def draw() -> None:
    st.title(t("nav_accounts"))
    if not may("admin"):
        return
    st.caption(t("acc_intro"))
    accounts = accounts_of(service().settings)
    found = list(accounts.all().values())
    if not found:
        st.info(t("acc_none"))
        return
    if secret := st.session_state.pop("acc_secret", ""):
        st.success(t("acc_made"))
        st.code(secret, language=None)
    st.header(t("acc_people"))
    st.dataframe(people(found), hide_index=True)
    st.header(t("acc_keys"))
    draw_keys(accounts, found)
    draw_new(accounts, [account.name for account in found])


def people(accounts: Sequence[Account]) -> dict[str, list[str]]:
    """The table of accounts, a column each."""
    return {
        t("acc_name"): [account.name for account in accounts],
        t("acc_role"): [t(f"role_{account.role}") for account in accounts],
        t("acc_groups"): [", ".join(account.groups) for account in accounts],
        t("acc_password"): [t("acc_yes") if account.password else "" for account in accounts],
    }


def draw_keys(accounts: Accounts, found: Sequence[Account]) -> None:
    """The keys, and the end of one."""
    keys = [(account.name, key) for account in found for key in account.keys]
    if not keys:
        st.info(t("acc_no_keys"))
        return
    used = accounts.last_used()
    table = {
        t("acc_name"): [name for name, _ in keys],
        t("acc_key"): [key.prefix for _, key in keys],
        t("acc_label"): [key.label for _, key in keys],
        t("acc_for"): [", ".join(t(f"acc_scope_{scope}") for scope in key.scopes) or t("acc_all") for _, key in keys],
        t("acc_corpora"): [", ".join(key.corpora) or t("acc_all") for _, key in keys],
        t("acc_created"): [key.created for _, key in keys],
        t("acc_expires"): [key.expires for _, key in keys],
        t("acc_used"): [used.get(key.prefix, "").replace("T", " ")[:16] for _, key in keys],
    }
    st.dataframe(table, hide_index=True)
    with st.form("withdraw", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        owner = {key.prefix: name for name, key in keys}
        prefix = st.selectbox(t("acc_withdraw"), list(owner), format_func=lambda p: f"{p} ({owner[p]})")
        if st.form_submit_button(t("acc_withdraw_do"), icon=":material/key_off:"):
            with told():
                accounts.withdraw_key(owner[prefix], prefix)
                observe.access("key_revoked", account=owner[prefix], key=prefix)
                st.toast(plain(t("acc_withdrawn", prefix=prefix)))
                st.rerun()


def draw_new(accounts: Accounts, names: Sequence[str]) -> None:
    """A form for a new key, shown once."""
    with st.expander(t("acc_new")), st.form("new_key"):
        name = st.selectbox(t("acc_name"), names)
        label = st.text_input(t("acc_label"))
        scopes = st.multiselect(
            t("acc_for"), list(SCOPES), format_func=lambda scope: t(f"acc_scope_{scope}"), placeholder=t("acc_all")
        )
        corpora = st.multiselect(t("acc_corpora"), service().place.names(), placeholder=t("acc_all"))
        days = st.number_input(t("acc_days"), 0, 3650, 365)
        if st.form_submit_button(t("acc_make"), type="primary"):
            with told():
                secret = accounts.new_key(name, label, scopes=tuple(scopes), corpora=tuple(corpora), days=int(days))
                observe.access("key_made", account=name, key=secret[:11])
                st.session_state["acc_secret"] = secret
                st.rerun()
