"""What the tests of the API share: a service with one lease in it, a client of its API, and OpenAI's SDK over that. A
file that needs another service has its own, and the other two follow it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import openai
import pytest
from api_setup import client_of, settings_in, with_lease

from sparewheel.app.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(settings_in(tmp_path_factory.mktemp("service"))) as service:
        with_lease(service)
        yield service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(service) as client:
        yield client


@pytest.fixture
def sdk(client: httpx.AsyncClient) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url="http://localhost/v1", api_key="none", http_client=client, max_retries=0)
