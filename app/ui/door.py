"""The door of a page with passwords: whoever has no signed cookie sees the sign-in form, whatever they ask for.

It stands in front of Streamlit as ASGI middleware, so neither page, upload, picture nor websocket is reached without.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from functools import lru_cache, partial
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.people.sign_ins import SignIns
from sparewheel.app.ui.opening import language_of
from sparewheel.app.ui.theme import DARK, LIGHT
from sparewheel.app.ui.tokens import Tokens, secret_of
from sparewheel.app.words import Language
from sparewheel.app.words.page import say
from sparewheel.rag import observe
from sparewheel.rag.postgres.shared import shared_of
from sparewheel.rag.settings import Api, Settings

if TYPE_CHECKING:
    from starlette.middleware import Middleware
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import ASGIApp, Receive, Scope, Send

COOKIE = "sparewheel"
_CONVERSATION = re.compile(r"(?:^|&)c=([0-9a-f]{32})(?:&|$)")
OPEN = ("/sign-in", "/_stcore/health")  # reached without a sign-in, below the page's root
LONGEST_FORM = 4096  # bytes; a password is shorter
TEMPLATE = Path(__file__).with_name("sign_in.html")
# nothing from elsewhere, and no other site may hold the form in a frame
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
}


class Keys:
    """Cookies to users and back, and the tries to get one."""

    def __init__(self, accounts: Accounts, tokens: Tokens, sign_ins: SignIns) -> None:
        self.accounts = accounts
        self.sign_ins = sign_ins
        self._tokens = tokens

    def issue(self, user: User) -> str:
        """The cookie's value for a user who gave the right password."""
        return self._tokens.issue(user.name, self.accounts.all()[user.name].password)

    def user(self, token: str) -> User | None:
        """Whose cookie it is; None when it is nobody's, over, or the account changed its password or is gone."""
        accounts = self.accounts.all()
        name = self._tokens.name(token, lambda name: accounts[name].password if name in accounts else None)
        return accounts[name].user if name else None

    def end(self, token: str) -> None:
        """The session of a cookie is over, in every process; a cookie kept from before opens nothing."""
        if self.user(token):
            self.sign_ins.end(*self._tokens.session(token))


def keys_of(settings: Settings) -> Keys:
    """One for the process and its settings."""
    named = (settings.store, settings.api.users_file, str(settings.corpora_folder))
    return _keys(*named, settings.page.session_hours * 3600)


@lru_cache(maxsize=1)  # of the settings in force; those of before are let go
def _keys(store: str, users_file: str, folder: str, valid_s: float) -> Keys:
    settings = Settings(data_folder=folder, store=store, api=Api(users_file=users_file))
    sign_ins, shared = SignIns.of(settings), shared_of(settings) if store else None
    secret = secret_of(Path(folder)) if shared is None else shared.secret("page", secrets.token_hex(32)).encode()
    return Keys(accounts_of(settings), Tokens(secret, valid_s, ended=sign_ins.ended), sign_ins)


class Door:
    """Lets through what carries a good cookie."""

    def __init__(self, app: ASGIApp, keys: Keys, root: str = "") -> None:
        """root: what stands before every path of the page."""
        self._app = app
        self._keys = keys
        self._open = tuple(root + path for path in OPEN)
        self._form = f"{root}/sign-in"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import PlainTextResponse, RedirectResponse

        if scope["type"] == "lifespan" or scope["path"] in self._open or self._keys.user(cookie_of(scope)):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "sign in first"})
        elif scope["method"] == "GET":
            await RedirectResponse(self._form + _conversation(scope["query_string"].decode("latin-1")), 303)(
                scope, receive, send
            )
        else:
            await PlainTextResponse("sign in first\n", 401)(scope, receive, send)


def _conversation(query: str) -> str:
    """The shared conversation that an address leads to, as a query, so that it is still there after the sign-in."""
    found = _CONVERSATION.search(query)
    return f"?c={found[1]}" if found else ""


def cookie_of(scope: Scope) -> str:
    """The value of our cookie, "" without."""
    jar: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                jar.load(value.decode("latin-1"))
            except CookieError:
                return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def guarded(settings: Settings) -> tuple[list[Middleware], list[Route]]:
    """The door, and the addresses /sign-in and /sign-out."""
    from starlette.concurrency import run_in_threadpool
    from starlette.middleware import Middleware
    from starlette.responses import RedirectResponse
    from starlette.routing import Route

    keys, root = keys_of(settings), settings.page.root

    async def sign_in(request: Request) -> Response:
        if request.method == "GET":
            return form(language_of(request.headers), root=root, to=_conversation(request.url.query))
        return await _try(request, keys, settings)

    async def sign_out(request: Request) -> Response:
        if _from_elsewhere(request):
            language = language_of(request.headers)
            return form(language, say(language, "sign_in_elsewhere"), root=root, status=403)
        user = await run_in_threadpool(keys.user, request.cookies.get(COOKIE, ""))
        await run_in_threadpool(keys.end, request.cookies.get(COOKIE, ""))
        await run_in_threadpool(_record, "sign_out", user.name if user else "", "done")
        response = RedirectResponse(f"{root}/sign-in", 303)
        response.delete_cookie(COOKIE, f"{root}/")
        return response

    routes = [
        Route(f"{root}/sign-in", sign_in, methods=["GET", "POST"]),
        Route(f"{root}/sign-out", sign_out, methods=["POST"]),
    ]
    return [Middleware(_as_factory(Door), keys=keys, root=root)], routes


async def _try(request: Request, keys: Keys, settings: Settings) -> Response:
    """The cookie for the right password; else the form with what was wrong."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import RedirectResponse

    language, root, to = language_of(request.headers), settings.page.root, _conversation(request.url.query)
    again = partial(form, language, root=root, to=to)
    if _from_elsewhere(request):
        return again(say(language, "sign_in_elsewhere"), status=403)
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_FORM:
            return again(say(language, "sign_in_wrong"), status=413)
    given = dict(parse_qsl(body.decode("utf-8", "replace")))
    name, password = given.get("name", "").strip(), given.get("password", "")
    address = address_of(request, settings)
    observe.address.set(address)
    if wait_s := await run_in_threadpool(keys.sign_ins.reserve, name, address):
        return again(say(language, "sign_in_later", seconds=int(wait_s) + 1), name, status=429)
    user = await run_in_threadpool(keys.accounts.check, name, password)
    await run_in_threadpool(_record, "sign_in", name, "done" if user else "refused")
    if user is None:
        return again(say(language, "sign_in_wrong"), name, status=401)
    await run_in_threadpool(keys.sign_ins.succeeded, name, address)
    response = RedirectResponse(f"{root}/{to}", 303)
    age_s = int(settings.page.session_hours * 3600)
    secure = settings.page.https or request.url.scheme == "https"
    response.set_cookie(COOKIE, keys.issue(user), age_s, path=f"{root}/", httponly=True, samesite="lax", secure=secure)
    return response


def _record(event: str, name: str, outcome: str) -> None:
    observe.access(event, user=name[:200], outcome=outcome)


def address_of(request: Request, settings: Settings) -> str:
    """Where a request comes from. Behind the proxy that does https: what that proxy saw, which only it can write."""
    forwarded = request.headers.get("x-forwarded-for", "") if settings.page.https else ""
    return forwarded.rpartition(",")[2].strip() or (request.client.host if request.client else "")


def _from_elsewhere(request: Request) -> bool:
    """Was a form sent from another site's page?"""
    origin = request.headers.get("origin")
    return bool(origin) and urlsplit(str(origin)).netloc != request.headers.get("host")


def form(
    language: Language, problem: str = "", name: str = "", *, root: str, to: str = "", status: int = 200
) -> Response:
    """The sign-in page: one file, no script. root: what stands before the page's paths. to: query of where it leads."""
    from jinja2 import Environment, StrictUndefined
    from starlette.responses import HTMLResponse

    values = {
        "lang": {"en": "en", "zh": "zh-CN"}[language],
        "title": say(language, "sign_in"),
        "label_name": say(language, "sign_in_name"),
        "label_password": say(language, "sign_in_password"),
        "name": name,
        "action": f"{root}/sign-in{to}",
        "problem": problem,
        **{f"light_{key}": value for key, value in LIGHT.items()},
        **{f"dark_{key}": value for key, value in DARK.items()},
    }
    pages = Environment(autoescape=True, undefined=StrictUndefined)
    page = pages.from_string(TEMPLATE.read_text(encoding="utf-8")).render(values)
    return HTMLResponse(page, status, HEADERS)


def _as_factory(door: type[Door]) -> Callable[..., Any]:
    """Starlette's type of a middleware names its first argument otherwise than ours need."""
    return door
