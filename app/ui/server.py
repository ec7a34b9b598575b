"""The page as one ASGI application: Streamlit's own, behind the door where there are accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparewheel.app.people.loopback import is_loopback
from sparewheel.app.ui.theme import CONFIG
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from streamlit.web.server.starlette.starlette_app import App

MAIN = Path(__file__).with_name("main.py")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")


def check(settings: Settings) -> None:
    """Raises UsageError when the page would be open to others without a sign-in, or the sign-in is not set up."""
    page = settings.page
    if page.sign_in == "none" and not is_loopback(page.host):
        raise UsageError(
            f"the page may not listen on {page.host!r} while page.sign_in is 'none': whoever reaches it would read "
            'every corpus; set page.sign_in = "password" and add people: sparewheel users add NAME (docs/page.md)'
        )
    if page.sign_in == "oidc":
        from sparewheel.app.ui.sign_in import check_oidc

        check_oidc(settings)


def streamlit_config(settings: Settings) -> dict[str, Any]:
    """Streamlit's own settings for this page, by dotted key."""
    page = settings.page
    names = list(page.host_names) or (list(LOOPBACK_NAMES) if page.sign_in == "none" else [])
    return {
        **CONFIG,
        "server.address": page.host,
        "server.port": page.port,
        "server.allowedHosts": names,  # else another site could read the page by a name that leads here
        "server.baseUrlPath": page.root.removeprefix("/"),
        "server.maxUploadSize": settings.ingest.max_file_mb,
        "browser.serverAddress": names[0] if names else page.host,
    }


def application(settings: Settings, file: Path | None = None) -> App:
    """The page, ready for `run()`. file: that the settings were read from."""
    import streamlit
    from starlette.middleware import Middleware

    from sparewheel.app.ui import session
    from sparewheel.app.ui.below import Below
    from sparewheel.app.ui.headers import SafeHeaders
    from sparewheel.app.ui.opening import Opening

    session.configure(settings, file)
    outermost = [Middleware(SafeHeaders), Middleware(Below, root=settings.page.root)]
    innermost = [Middleware(Opening, root=settings.page.root)]
    if settings.page.sign_in != "password":
        return streamlit.App(MAIN, middleware=[*outermost, *innermost])
    from sparewheel.app.ui.door import guarded

    middleware, routes = guarded(settings)
    return streamlit.App(MAIN, middleware=[*outermost, *middleware, *innermost], routes=routes)
