"""Review tables: questions x documents, filled in the background, corrected and approved by people."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from fastapi.responses import JSONResponse
from pydantic import Field

from sparewheel.app.api.problems import RESPONSES
from sparewheel.app.api.shapes import Body, CorpusName
from sparewheel.app.api.stream import EventStream, line
from sparewheel.app.api.who import Caller
from sparewheel.app.export.table import FORMATS, Wanted, check_suffix
from sparewheel.app.export.table.as_json import as_record, cell_record
from sparewheel.app.service import Service
from sparewheel.app.service.filling import Run, Standing
from sparewheel.app.service.reviews import Estimate, Plan, Reviews
from sparewheel.corpora.sets import question_sets
from sparewheel.rag.errors import UsageError
from sparewheel.rag.records import plain
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.fill import Again
from sparewheel.rag.review.sheet import Row
from sparewheel.rag.review.table import Column, Table
from sparewheel.rag.walk import MAX_QUESTION_CHARS

router = APIRouter(tags=["reviews"], responses=RESPONSES)

TableId = Annotated[str, InPath(description="id or name of a table", examples=["Contracts"], min_length=1)]
END = object()  # of the cells of a run
LOOK_S = 0.5  # a stream of cells asks so often whether there is a new one


class Asked(Body):
    question: str = Field(min_length=1, max_length=MAX_QUESTION_CHARS, pattern=r"\S")
    name: str = Field("", max_length=200, description="what heads its column; default: its first words")


class NewReview(Body):
    """A table. Either `set` or `questions`, or both."""

    name: str = Field("", max_length=200, examples=["Supplier contracts"])
    set: str = Field(
        "", max_length=200, examples=["contracts"], description="a set of questions: GET /v1/question-sets"
    )
    questions: list[Asked] = Field([], max_length=200)
    documents: list[str] = Field([], max_length=1000, description="patterns of document ids; empty: all")
    answerers: Literal["order", "local"] = Field("order", description="local: only this machine")
    language: Literal["en", "zh"] = Field("en", description="of the heads of a set's columns")


class StartRun(Body):
    """How to fill a table."""

    again: Again = "changed"
    budget_usd: float = Field(0.0, ge=0, description="filling stops before it is passed; 0: no budget")
    off_peak: bool = Field(False, description="DeepSeek is asked in its cheaper hours only")
    concurrency: int = Field(0, ge=0, le=256, description="cells at a time; 0: as the settings say")


class Said(Body):
    """What somebody says of a cell; what is left out stays as it is."""

    question: str = Field(max_length=MAX_QUESTION_CHARS)
    document_id: str
    correction: str | None = Field(None, description='the right answer; "" where the document does not say')
    uncorrected: bool = Field(False, description="takes the correction back")
    approved: bool | None = None
    comment: str = ""


@dataclass(frozen=True)
class QuestionSets:
    """own: the corpus' own sets are under /v1/corpora/{corpus}/question-sets."""

    sets: list[dict[str, Any]]


@dataclass(frozen=True)
class Tables:
    tables: list[Table]


@dataclass(frozen=True)
class TableReply:
    """The table, its documents and the cells there are; see docs/review.md."""

    table: Table
    documents: list[dict[str, Any]]
    tally: dict[str, int]
    spent_usd: float
    cells: list[dict[str, Any]]


def _reviews(request: Request) -> Reviews:
    service: Service = request.app.state.service
    return service.reviews


@router.get("/v1/question-sets", response_model=QuestionSets)
async def list_question_sets(user: Caller) -> Response:
    """The sets of questions that come with the program."""
    found = [
        {"name": s.name, "domain": s.domain, "language": s.language, "title": {"en": s.title, "zh": s.title_zh},
         "questions": [{"name": {"en": q.name, "zh": q.name_zh}, "question": q.ask} for q in s.questions]}
        for s in question_sets().values()
    ]  # fmt: skip
    return JSONResponse({"sets": found})


@router.get("/v1/corpora/{corpus}/reviews", response_model=Tables)
async def list_reviews(corpus: CorpusName, request: Request, user: Caller) -> Response:
    """The review tables of a corpus, the newest first."""
    found = await asyncio.to_thread(_reviews(request).tables, corpus, user)
    return JSONResponse({"tables": plain(found)})


@router.post("/v1/corpora/{corpus}/reviews", status_code=201, response_model=Table)
async def make_review(corpus: CorpusName, new: NewReview, request: Request, user: Caller) -> Response:
    """A new table (analyst); fill it with POST .../run."""
    reviews = _reviews(request)

    def made() -> Table:
        questions: list[Column | str | tuple[str, str]] = []
        if new.set:
            if new.set.endswith(".toml"):
                raise UsageError(f"{new.set!r} is a file; over the API name a set, or give the questions")
            questions += reviews.questions(corpus, new.set, new.language, user)
        questions += [(q.name, q.question) if q.name.strip() else q.question for q in new.questions]
        return reviews.make(corpus, questions, user, name=new.name, documents=new.documents, answerers=new.answerers)

    table = await asyncio.to_thread(made)
    return JSONResponse(plain(table), 201, {"Location": f"/v1/corpora/{quote(corpus)}/reviews/{table.id}"})


@router.get("/v1/corpora/{corpus}/reviews/{table}", response_model=TableReply)
async def show_review(corpus: CorpusName, table: TableId, request: Request, user: Caller) -> Response:
    """The table with every cell that is filled, its citations, and what people said of it."""
    found = await asyncio.to_thread(_reviews(request).sheet, corpus, table, user)
    return JSONResponse(as_record(found))


@router.delete("/v1/corpora/{corpus}/reviews/{table}", status_code=204)
async def remove_review(corpus: CorpusName, table: TableId, request: Request, user: Caller) -> Response:
    """The table is gone (analyst); its cells are kept, for other tables."""
    await asyncio.to_thread(_reviews(request).remove, corpus, table, user)
    return Response(status_code=204)


@router.get("/v1/corpora/{corpus}/reviews/{table}/estimate", response_model=Estimate)
async def estimate_review(
    corpus: CorpusName, table: TableId, request: Request, user: Caller, again: Annotated[Again, Query()] = "changed"
) -> Response:
    """How many cells are to be asked, and what that would cost."""
    found = await asyncio.to_thread(_reviews(request).estimate, corpus, table, user, again)
    return JSONResponse(plain(found))


@router.post("/v1/corpora/{corpus}/reviews/{table}/run", status_code=202, response_model=Standing)
async def start_review(corpus: CorpusName, table: TableId, how: StartRun, request: Request, user: Caller) -> Response:
    """Fill the table (analyst): what is missing, failed or changed. `Location` tells how far it is."""
    plan = Plan(how.again, how.budget_usd, how.off_peak, how.concurrency)
    run = await asyncio.to_thread(_reviews(request).start, corpus, table, user, plan)
    at = f"/v1/corpora/{quote(corpus)}/reviews/{quote(run.table)}/run"
    return JSONResponse(plain(run.standing()), 202, {"Location": at})


@router.get("/v1/corpora/{corpus}/reviews/{table}/run", response_model=Standing)
async def show_run(corpus: CorpusName, table: TableId, request: Request, user: Caller) -> Response:
    """How far the newest run of the table is, for who started it and for administrators."""
    run = await asyncio.to_thread(_reviews(request).run, corpus, table, user)
    return JSONResponse(plain(run.standing()))


@router.delete("/v1/corpora/{corpus}/reviews/{table}/run", status_code=202, response_model=Standing)
async def stop_run(corpus: CorpusName, table: TableId, request: Request, user: Caller) -> Response:
    """No further cell is begun; what is being answered is kept, and another run goes on."""
    await asyncio.to_thread(_reviews(request).stop, corpus, table, user)
    run = await asyncio.to_thread(_reviews(request).run, corpus, table, user)
    return JSONResponse(plain(run.standing()), 202)


_STREAM: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {}}},
          "description": "events `cell`, `progress`; `done` last"}
}  # fmt: skip


@router.get("/v1/corpora/{corpus}/reviews/{table}/run/cells", response_class=Response, responses=_STREAM)
async def stream_cells(corpus: CorpusName, table: TableId, request: Request, user: Caller) -> Response:
    """The cells of the newest run as they come, from its first on, as server-sent events."""
    reviews = _reviews(request)
    run = await asyncio.to_thread(reviews.run, corpus, table, user)
    sheet = await asyncio.to_thread(reviews.sheet, corpus, table, user)
    rows = {row.id: row for row in sheet.rows}
    columns = {column.question: column for column in sheet.table.columns}
    return EventStream(_lines(run, reviews, corpus, rows, columns, user))


async def _lines(
    run: Run, reviews: Reviews, corpus: str, rows: dict[str, Row], columns: dict[str, Column], user: Any
) -> AsyncGenerator[str]:
    """The right to read is looked up with every event."""
    cells = run.cells_from(0, LOOK_S)
    while (cell := await asyncio.to_thread(next, cells, END)) is not END:
        await asyncio.to_thread(reviews.tables, corpus, user)
        if isinstance(cell, Cell) and cell.document_id in rows:
            yield line(cell_record(cell, rows[cell.document_id], columns[cell.question]), "cell")
        elif cell is None:
            yield line(plain(run.standing()), "progress")
    yield line(plain(run.standing()), "done")


@router.patch("/v1/corpora/{corpus}/reviews/{table}/cells")
async def say_of_cell(corpus: CorpusName, table: TableId, said: Said, request: Request, user: Caller) -> Response:
    """Correct or approve a cell (analyst), or comment on it. Kept with name and date."""
    reviews = _reviews(request)

    def done() -> dict[str, Any]:
        sheet = reviews.sheet(corpus, table, user)
        row = next((row for row in sheet.rows if row.id == said.document_id), None)
        column = next((column for column in sheet.table.columns if column.question == said.question), None)
        if row is None or column is None:
            named = f"document {said.document_id!r}" if row is None else f"question {said.question!r}"
            raise UsageError(f"the table has no {named}; see GET /v1/corpora/{corpus}/reviews/{table}")
        of = (corpus, said.question, said.document_id)
        if said.correction is not None or said.uncorrected:
            reviews.correct(*of, None if said.uncorrected else said.correction, user)
        if said.comment:
            reviews.comment(*of, said.comment, user)
        if said.approved is not None:
            reviews.approve(*of, user, approved=said.approved)
        cell = reviews.sheet(corpus, table, user).cell(column, row)
        if cell is None:
            raise UsageError(
                f"{said.question!r} has not been asked about {said.document_id!r} yet; fill the table first"
            )
        return cell_record(cell, row, column)

    return JSONResponse(await asyncio.to_thread(done))


_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {form.media_type.partition(";")[0]: _BYTES for form in FORMATS if form.suffix != "json"}
          | {"application/json": {"schema": {}}}}
}  # fmt: skip


@router.get("/v1/corpora/{corpus}/reviews/{table}/export", response_class=Response, responses=_FILE)
async def export_review(
    corpus: CorpusName,
    table: TableId,
    request: Request,
    user: Caller,
    form: Annotated[Literal["xlsx", "docx", "csv", "html", "json"], Query(alias="format")] = "xlsx",
    language: Annotated[Literal["en", "zh"], Query()] = "en",
) -> Response:
    """The table as a file; a document's name in it leads to its original here."""
    base = str(request.base_url)

    def link(row: Row, page: int | None) -> str:
        return f"{base}v1/corpora/{quote(corpus)}/originals/{quote(row.id)}" + (f"#page={page}" if page else "")

    wanted = Wanted(corpus, language, link=link)
    found, made = await asyncio.to_thread(_reviews(request).export, corpus, table, form, wanted, user)
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", found.name).strip()[:80] or "table"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(f'{name}.{form}')}"}
    return Response(made, media_type=check_suffix(form).media_type, headers=headers)
