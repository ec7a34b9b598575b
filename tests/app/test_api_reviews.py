"""Review tables over HTTP: made, filled, streamed, corrected, exported; for whom each is."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest
from api_setup import client_of, settings_in, with_lease

from sparewheel.app.people.auth import Accounts
from sparewheel.app.service import Service

RENT = "How much is the rent?"
TABLE = {"name": "Mine", "questions": [{"question": RENT, "name": "Rent"}], "answerers": "local"}


@pytest.fixture
def service(tmp_path: Path):
    with Service(settings_in(tmp_path)) as service:
        with_lease(service)
        yield service


def events(text: str) -> list[tuple[str, dict]]:
    found = []
    for block in text.strip().split("\n\n"):
        if block.startswith("event: "):
            head, _, data = block.partition("\ndata: ")
            found.append((head.removeprefix("event: "), json.loads(data)))
    return found


async def test_a_table_from_its_questions_to_its_export(service: Service) -> None:
    async with client_of(service) as client:
        made = await client.post("/v1/corpora/leases/reviews", json=TABLE)
        assert made.status_code == 201
        at = made.headers["Location"]
        assert (await client.get(f"{at}/estimate")).json()["cells"] == 1
        begun = await client.post(f"{at}/run", json={})
        assert (begun.status_code, begun.headers["Location"]) == (202, f"{at}/run")
        told = events((await client.get(f"{at}/run/cells")).text)
        assert [(name, data.get("document_id")) for name, data in told if name == "cell"] == [("cell", "lease.md")]
        assert (told[-1][0], told[-1][1]["state"], told[-1][1]["done"]) == ("done", "done", 1)
        (cell,) = (await client.get(at)).json()["cells"]
        assert ("900 euros" in cell["text"], cell["answered_by"], cell["state"]) == (True, "reader", "answered")
        assert cell["citations"][0]["source"] == "lease.md"
        said = {
            "question": RENT,
            "document_id": "lease.md",
            "correction": "EUR 900",
            "comment": "net",
            "approved": True,
        }
        patched = (await client.patch(f"{at}/cells", json=said)).json()
        assert (patched["text"], patched["answered_by"], patched["comments"][0]["text"]) == ("EUR 900", "person", "net")
        assert patched["approval"]["at"]
        back = {"question": RENT, "document_id": "lease.md", "uncorrected": True}
        assert (await client.patch(f"{at}/cells", json=back)).json()["answered_by"] == "reader"
        file = await client.get(f"{at}/export", params={"format": "xlsx"})
        assert file.headers["Content-Disposition"] == "attachment; filename*=UTF-8''Mine.xlsx"
        answers = openpyxl.load_workbook(io.BytesIO(file.content))["Answers"]
        assert answers["A2"].hyperlink.target == "http://localhost/v1/corpora/leases/originals/lease.md"
        assert (await client.delete(at)).status_code == 204
        assert (await client.get(at)).status_code == 404


async def test_a_set_makes_a_table(service: Service) -> None:
    async with client_of(service) as client:
        names = [one["name"] for one in (await client.get("/v1/question-sets")).json()["sets"]]
        assert {"contracts", "合同"} <= set(names)
        made = await client.post("/v1/corpora/leases/reviews", json={"set": "lease", "language": "zh"})
        assert made.json()["columns"][0] == {"name": "出租人", "question": "Who is the landlord?"}
        assert [t["id"] for t in (await client.get("/v1/corpora/leases/reviews")).json()["tables"]] == [
            made.json()["id"]
        ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "no question is given"),
        ({"set": "leese"}, "no set 'leese'"),
        ({"set": "/etc/x.toml"}, "name a set"),
        ({"questions": [{"question": RENT}], "documents": ["x*"]}, "no document fits 'x*'"),
    ],
)
async def test_a_mistake_is_told(service: Service, body: dict, said: str) -> None:
    async with client_of(service) as client:
        wrong = await client.post("/v1/corpora/leases/reviews", json=body)
        assert wrong.status_code in (404, 422)
        assert said in wrong.json()["detail"]


async def test_a_cell_that_is_not_there_cannot_be_corrected(service: Service) -> None:
    async with client_of(service) as client:
        at = (await client.post("/v1/corpora/leases/reviews", json=TABLE)).headers["Location"]
        for said, why in (
            ({"question": RENT, "document_id": "lease.md", "approved": True}, "fill the table first"),
            ({"question": RENT, "document_id": "b.md", "approved": True}, "no document 'b.md'"),
            ({"question": "Why?", "document_id": "lease.md", "approved": True}, "no question 'Why?'"),
        ):
            wrong = await client.patch(f"{at}/cells", json=said)
            assert (wrong.status_code in (404, 422), why in wrong.json()["detail"]) == (True, True)
        assert (await client.get(f"{at}/run")).status_code == 404


async def test_rights_are_those_of_corpus_role_and_run(service: Service, tmp_path: Path) -> None:
    """A viewer sees and comments; another analyst sees the table, not the run; a stranger to the corpus nothing."""
    accounts = Accounts(tmp_path / "users.toml")
    keys = {}
    for name, role in (("ana", "analyst"), ("bea", "analyst"), ("vic", "viewer"), ("eve", "analyst")):
        accounts.add(name, role=role)
        keys[name] = {"Authorization": f"Bearer {accounts.new_key(name)}"}
    service.configure("leases", readers=("ana", "bea", "vic"))
    async with client_of(service, accounts) as client:

        async def status(who: str, method: str, path: str, **more) -> int:
            return (await client.request(method, path, headers=keys[who], **more)).status_code

        assert await status("vic", "POST", "/v1/corpora/leases/reviews", json=TABLE) == 403
        made = await client.post("/v1/corpora/leases/reviews", json=TABLE, headers=keys["ana"])
        at = made.headers["Location"]
        assert await status("ana", "POST", f"{at}/run", json={}) == 202
        assert await status("bea", "GET", f"{at}/run") == 404
        assert await status("bea", "DELETE", f"{at}/run") == 404
        assert await status("ana", "GET", f"{at}/run/cells") == 200  # to its end
        assert await status("vic", "GET", at) == 200
        said = {"question": RENT, "document_id": "lease.md"}
        assert await status("vic", "PATCH", f"{at}/cells", json={**said, "comment": "net?"}) == 200
        assert await status("vic", "PATCH", f"{at}/cells", json={**said, "approved": True}) == 403
        for method, path in (("GET", at), ("GET", f"{at}/export"), ("GET", f"{at}/estimate"), ("POST", f"{at}/run"),
                             ("GET", "/v1/corpora/leases/reviews")):  # fmt: skip
            more = {"json": {}} if method == "POST" else {}
            assert await status("eve", method, path, **more) == 404, path
