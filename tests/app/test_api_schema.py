"""The OpenAPI document holds: for requests made from it, wrong and right, no 5xx and no response it does not name."""

import pytest
import schemathesis
from api_setup import settings_in, with_lease
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from sparewheel.app.api.main import create_app
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.service import Service

EXAMPLES = 5  # of each operation
AIMED = 2  # of them, turned to the corpus that is there
LEFT_OUT = (
    "ignored_auth",  # without accounts there is nothing to ignore; test_api_door holds it
    "positive_data_acceptance",  # a filter by a key that no document has fits the schema and is a mistake all the same
)


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    with Service(settings_in(tmp_path_factory.mktemp("schema"))) as service:
        with_lease(service, "demo-legal")  # the name in the document's examples
        table = service.reviews.make("demo-legal", ["Who pays?"], name="Contracts")  # as in its examples
        service.reviews.start("demo-legal", table.id).wait(120)
        app = create_app(service, accounts_of(service.settings))
        yield schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_no_response_is_against_the_document(api, method):
    """Status, headers, media type and body of every operation are what it says; nothing ends in a 5xx."""
    load_all_checks()
    operations = [result.ok() for result in api.get_all_operations()]
    chosen = [operation for operation in operations if operation.method == method]
    assert chosen
    for operation in sorted(chosen, key=lambda operation: len(operation.path), reverse=True):  # a corpus goes last
        statuses = tried(operation)
        assert not statuses or min(statuses) < 300, operation.label  # some request came through to the work itself


def tried(operation):
    """The statuses of the requests that were turned to what is really there."""
    left_out = [check for check in CHECKS.get_all() if check.__name__ in LEFT_OUT]
    seen = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def holds(case):
        case.call_and_validate(excluded_checks=left_out, headers={"Host": "localhost"})
        if len(seen) < AIMED and aimed(case):
            seen.append(case.call_and_validate(excluded_checks=left_out, headers={"Host": "localhost"}).status_code)

    holds()
    return seen


def aimed(case):
    """Whether the request could be turned to what is really there."""
    there = {"corpus": "demo-legal", "document": "lease.md", "model": "sparewheel/demo-legal", "table": "Contracts"}
    there |= {"document_id": "lease.md"}
    if case.operation.path.endswith("/reviews") and isinstance(case.body, dict):
        case.body |= {"set": "lease", "documents": ["*.md"], "questions": []}
    if "document_id" in (case.body if isinstance(case.body, dict) else {}):
        there["question"] = "Who pays?"  # of a cell
    place = [case.path_parameters or {}, case.body if isinstance(case.body, dict) else {}]
    known = [(part, name) for part in place for name in there if name in part]
    for part, name in known:
        part[name] = there[name]
    if isinstance(case.body, dict) and isinstance(case.body.get("messages"), list):
        case.body["messages"].append({"role": "user", "content": "How much is the rent?"})
    if isinstance(case.body, dict) and case.body.get("filter"):
        case.body["filter"] = {"format": ["md"]}
    return bool(known)
