"""Which chat models may see the documents of a corpus."""

from __future__ import annotations

from sparewheel.rag.assemble import chat_models
from sparewheel.rag.runtime import Runtime
from sparewheel.rag.settings import Endpoint, Settings


def test_no_cloud_model_sees_confidential_documents() -> None:
    """With sensitivity "high" an endpoint is not among them; the built-in reader never is."""
    settings = Settings(endpoint={"cloud": Endpoint(url="http://127.0.0.1:9/v1", model="m")})
    assert [c.name for c, _ in chat_models(settings, "normal", Runtime())] == ["cloud"]
    assert chat_models(settings, "high", Runtime()) == []
