"""/docs: the OpenAPI document as a plain page, without scripts and without anything from elsewhere."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem;
  color: #1b1b1b; background: #fff }
@media (prefers-color-scheme: dark) { body { color: #e8e8e8; background: #161616 } a { color: #8ab8ff }
  pre, code { background: #262626 !important } }
h2 { margin-top: 2.5rem } code, pre { background: #f2f2f2; border-radius: 4px; padding: .1rem .3rem }
pre { padding: .7rem; overflow-x: auto } dt { font-weight: 600 } dd { margin: 0 0 .4rem 1.2rem }
details { margin: .6rem 0 } summary { cursor: pointer }
"""


def install(app: FastAPI) -> None:
    """Adds the page."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(page(app.openapi()))

    @app.get("/", include_in_schema=False)
    async def root(request: Request) -> RedirectResponse:
        """Whoever opens the address itself reads what is here."""
        return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")


def page(document: dict[str, Any]) -> str:
    """The whole page."""
    schemas = document["components"]["schemas"]
    parts = "".join(
        _operation(path, method, operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    )
    info = document["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{_(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{_(info['title'])} API {_(info['version'])}</h1><p>{_(info['description'])}</p>"
        f'<p>The same for machines: <a href="openapi.json">openapi.json</a></p>{parts}'
        f"<h2>Records</h2>{''.join(_schema(name, each) for name, each in schemas.items())}"
    )


def _operation(path: str, method: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    said = f"<h2><code>{method.upper()} {_(path)}</code></h2><p>{_(operation.get('description', ''))}</p>"
    said += _list(
        (f"{each['name']} ({each['in']})", each.get("description", "")) for each in operation.get("parameters", ())
    )
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        said += f"<p>Body, <code>{_(media)}</code>: {_kind(body['schema'])}</p>"
        for example in schemas.get(_plain_kind(body["schema"]), {}).get("examples", ())[:1]:
            said += f"<pre>{html.escape(json.dumps(example, ensure_ascii=False, indent=2))}</pre>"
    rows = ((str(status), each["description"]) for status, each in operation["responses"].items())
    return f"<section>{said}<details><summary>Responses</summary>{_list(rows)}</details></section>"


def _schema(name: str, schema: dict[str, Any]) -> str:
    needed = schema.get("required", ())
    rows = (
        (f"{key}{' *' if key in needed else ''}: {_plain_kind(each)}", each.get("description", ""))
        for key, each in schema.get("properties", {}).items()
    )
    return f'<h3 id="{_(name)}"><code>{_(name)}</code></h3><p>{_(schema.get("description", ""))}</p>{_list(rows)}'


def _list(rows: Iterator[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{_(key)}</dt><dd>{_(said)}</dd>" for key, said in rows)
    return f"<dl>{items}</dl>" if items else ""


def _kind(schema: dict[str, Any]) -> str:
    """A link to the record, where it is one."""
    kind = _(_plain_kind(schema))
    return f'<a href="#{kind}">{kind}</a>' if "$ref" in schema else kind


def _plain_kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        return " or ".join(_plain_kind(each) for each in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_plain_kind(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))


def _(text: str) -> str:
    """As HTML, with `code` shown as such."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", html.escape(str(text)))
