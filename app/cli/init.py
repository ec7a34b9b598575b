"""`sparewheel init`: three questions, then settings are written, documents read, and questions can be asked."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, settings_of
from sparewheel.app.words import terminal as words
from sparewheel.app.words.terminal import told
from sparewheel.rag.errors import UsageError, suggest

if TYPE_CHECKING:
    from sparewheel.app.detect import Server

DOMAINS = ("legal", "medical", "general")
LOCAL, DEEPSEEK = "local", "deepseek"
DEEPSEEK_KEY = "DEEPSEEK_API_KEY"
HEAD = "# Settings of Sparewheel. `sparewheel settings --all` shows every key and what it does.\n"


@dataclass(frozen=True)
class Choice:
    """Who may answer first. section: TOML of its endpoint, "" for this machine alone."""

    name: str
    about: str
    section: str = ""


@click.command()
@click.option("--documents", type=click.Path(path_type=Path), help="Folder or file to read in; asked for otherwise.")
@click.option("--corpus", help="Name of the corpus (default: as the folder is called).")
@click.option("--domain", type=click.Choice(DOMAINS), help="What the documents are about; asked for otherwise.")
@click.option(
    "--answer",
    metavar="WHO",
    help="local, deepseek, a chat server found on this machine, or a URL; asked for otherwise.",
)
@click.option("--model", default="", help="Model of that endpoint (default: its first).")
@click.option("--key-env", help="Variable that holds the endpoint's key (DeepSeek: DEEPSEEK_API_KEY).")
@click.option("--confidential", is_flag=True, help="Nothing of these documents ever leaves this machine.")
@click.option("--no-input", "--yes", "-y", "quiet", is_flag=True, help="Ask nothing: what is not given is the default.")
@click.option("--force", is_flag=True, help="Replace an endpoint of the same name in the settings.")
@click.pass_context
def init(
    ctx: click.Context,
    documents: Path | None,
    corpus: str | None,
    domain: str | None,
    answer: str | None,
    model: str,
    key_env: str | None,
    confidential: bool,
    quiet: bool,
    force: bool,
) -> int:
    """Set up in three questions: where the documents are, what they are about, and
    who answers. Writes sparewheel.toml here (or --config FILE) and reads the
    documents in. Every question is also an option.
    """
    from sparewheel.rag.ingest.walk import there
    from sparewheel.rag.places import place_of

    if documents is None and not quiet:
        documents = click.prompt(told(words.WHERE), "", show_default=False, value_proc=_typed_place)
    if documents is not None:
        there(documents)  # before anything is asked or written for it
    if domain is None:
        domain = "general" if quiet else click.prompt(told(words.ABOUT), "general", type=click.Choice(DOMAINS))
    found = choices(model, key_env)
    chosen = _chosen(answer, found, model, key_env, quiet, confidential)
    _write(ctx, chosen, force)
    if documents is None:
        click.echo(told(words.NO_DOCUMENTS))
        return 0
    corpus = corpus or corpus_name(documents)
    code = _read_in(ctx, documents, corpus, domain, confidential)
    if corpus in place_of(settings_of(ctx)).names():  # although a file may have failed
        click.echo(told(words.NEXT, corpus=corpus))
    return code


def _typed_place(typed: str) -> Path | None:
    """A folder or file, as typed or dropped into the terminal; None for nothing. Asked again where it is not there."""
    from sparewheel.rag.ingest.walk import there

    bare = typed.strip().strip("'\"")
    if not bare:
        return None
    place = Path(bare if Path(bare).expanduser().exists() else bare.replace("\\ ", " ")).expanduser()
    try:
        there(place)
    except UsageError as error:
        raise click.UsageError(str(error)) from error
    return place


def choices(model: str = "", key_env: str | None = None) -> list[Choice]:
    """Who may answer: this machine, DeepSeek, the chat servers that answer here now."""
    from sparewheel.app.detect import detect

    deepseek = f"[endpoint.deepseek]\nkey_env = {json.dumps(key_env or DEEPSEEK_KEY)}\n"
    if model:
        deepseek += f"model = {json.dumps(model)}\n"
    return [
        Choice(LOCAL, told(words.LOCAL)),
        Choice(DEEPSEEK, told(words.DEEPSEEK), deepseek),
        *(_of(server, model) for server in detect()),
    ]


def corpus_name(documents: Path) -> str:
    """As the folder or file is called, as far as a corpus can be called so."""
    name = documents.expanduser().resolve()
    name_part = name.name if name.is_dir() else name.parent.name
    kept = re.sub(r"[^\w.-]+", "-", name_part).strip("-.")[:64]
    return kept or "documents"


def _of(server: Server, model: str) -> Choice:
    from sparewheel.app.detect import section

    if model and model not in server.models:
        model = ""
    about = told(words.SERVER, name=server.name, model=model or server.models[0])
    return Choice(server.name, about, section(server, model))


def _chosen(
    answer: str | None, found: list[Choice], model: str, key_env: str | None, quiet: bool, confidential: bool
) -> Choice:
    """Raises UsageError for a name that is none of them."""
    if answer is None and confidential:
        answer = LOCAL
    if answer is None and quiet:
        answer = DEEPSEEK if os.environ.get(DEEPSEEK_KEY) else LOCAL
    if answer is None:
        click.echo(told(words.WHO))
        for number, choice in enumerate(found, 1):
            click.echo(f"   {number}  {choice.about}")
        return found[click.prompt("  ", 1, type=click.IntRange(1, len(found)), prompt_suffix=" ") - 1]
    if re.match(r"https?://", answer):
        return _endpoint(answer, model, key_env)
    names = {choice.name: choice for choice in found}
    if answer not in names:
        cure = suggest(answer, names) or f"; there are {', '.join(names)}, or the URL of an endpoint"
        raise UsageError(f"nobody here is called {answer!r}{cure}")
    return names[answer]


def _endpoint(url: str, model: str, key_env: str | None) -> Choice:
    """Any endpoint that speaks OpenAI's protocol."""
    if not model:
        raise UsageError(f"{url} needs --model: the name of the model to ask for")
    lines = [f"url = {json.dumps(url)}", f"model = {json.dumps(model, ensure_ascii=False)}"]
    if key_env:
        lines.append(f"key_env = {json.dumps(key_env)}")
    return Choice("cloud", url, "\n".join(["[endpoint.cloud]", *lines, ""]))


def _write(ctx: click.Context, chosen: Choice, force: bool) -> None:
    """The settings file has the endpoint; what else stands in it stays."""
    from sparewheel.app.settings_file import PRIVATE, write_endpoints
    from sparewheel.rag.disk import write_durably
    from sparewheel.rag.settings import settings_file

    given = ctx.find_root().obj
    path = Path(given) if given else settings_file(os.environ) or Path("sparewheel.toml")
    if not path.exists():
        write_durably(path.absolute(), HEAD.encode(), PRIVATE)
    if chosen.section:
        write_endpoints(path, {chosen.name: chosen.section}, force=force)
    click.echo(told(words.SETTINGS, about=chosen.about[0].upper() + chosen.about[1:], path=path))
    key = re.search(r'key_env = "(\w+)"', chosen.section)
    if key and not os.environ.get(key[1]):
        console().print(told(words.KEY_NOT_SET, name=key[1]), style="yellow")


def _read_in(ctx: click.Context, documents: Path, corpus: str, domain: str, confidential: bool) -> int:
    """As the command `ingest`."""
    from sparewheel.app.cli.ingest import ingest
    from sparewheel.rag.places import place_of

    there = corpus in place_of(settings_of(ctx)).names()
    code: int = ctx.invoke(
        ingest,
        paths=(documents.expanduser(),),
        corpus=corpus,
        domain=None if there else domain,
        sensitivity="high" if confidential else None,
    )
    return code
