"""One system of `benchmarks.peers`, in a process of its own: a question a line in, an answer a line out (JSON).

    python benchmarks/peers_systems.py SYSTEM --documents FOLDER --url URL --model NAME [--data FOLDER]

FOLDER has a folder for each corpus, with plain texts. URL is an OpenAI-compatible server for chat and for embeddings.
Nothing of ours is imported but by our own systems: the others run in an environment of their own. Each is written as
its documentation begins, with the chat model and embeddings of the URL, at most `PASSAGES` passages a question, and
`LONGEST` tokens of an answer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

PASSAGES = 4  # LangChain's default; LlamaIndex has 2 of 1,024 tokens, Haystack and paper-qa 10, cut to these
LONGEST = 128  # tokens
PATIENCE_S = 600.0


class Given(NamedTuple):
    """What a system works with."""

    documents: Path
    url: str
    model: str
    data: str


Ask = Callable[[str, str], dict[str, Any]]  # corpus, question -> {"text": ...}


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of an OpenAI-compatible server."""
    data, head = json.dumps(body).encode(), {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, head), timeout=PATIENCE_S) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def embedded(given: Given, texts: list[str], query: bool = False) -> list[list[float]]:
    """Vectors by the server, in the order of the texts."""
    rows = post(f"{given.url}/embeddings", {"model": "query" if query else "passage", "input": texts})["data"]
    return [row["embedding"] for row in rows]


def said(given: Given, messages: list[dict[str, str]]) -> str:
    """What the chat model answers."""
    body = {"model": given.model, "messages": messages, "max_tokens": LONGEST, "temperature": 0}
    text: str = post(f"{given.url}/chat/completions", body)["choices"][0]["message"]["content"]
    return text


def texts(given: Given, corpus: str) -> dict[str, str]:
    """Name -> text of the documents of a corpus."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted((given.documents / corpus).glob("*.txt"))}


def langchain(given: Given) -> Ask:
    """BM25Retriever and FAISS by EnsembleRetriever in front of RetrievalQA ("stuff")."""
    from langchain_classic.chains import RetrievalQA
    from langchain_classic.retrievers import EnsembleRetriever
    from langchain_community.retrievers import BM25Retriever
    from langchain_community.vectorstores import FAISS
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models.chat_models import SimpleChatModel
    from langchain_core.messages import convert_to_openai_messages
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    class Chat(SimpleChatModel):  # type: ignore[misc, unused-ignore]
        @property
        def _llm_type(self) -> str:
            return "openai compatible"

        def _call(self, messages: Any, stop: Any = None, run_manager: Any = None, **kwargs: Any) -> str:
            return said(given, convert_to_openai_messages(messages))

    class Vectors(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embedded(given, texts)

        def embed_query(self, text: str) -> list[float]:
            return embedded(given, [text], query=True)[0]

    chains = {}
    for corpus in sorted(os.listdir(given.documents)):
        splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
        chunks = splitter.create_documents(list(texts(given, corpus).values()))
        legs = [
            BM25Retriever.from_documents(chunks, k=PASSAGES),
            FAISS.from_documents(chunks, Vectors()).as_retriever(),
        ]
        both = EnsembleRetriever(retrievers=legs, weights=[0.5, 0.5]) | (lambda found: found[:PASSAGES])
        chains[corpus] = RetrievalQA.from_chain_type(Chat(), retriever=_retriever(both))
    return lambda corpus, question: {"text": chains[corpus].invoke({"query": question})["result"]}


def _retriever(runnable: Any) -> Any:
    """A LangChain retriever that does what a runnable does."""
    from langchain_core.retrievers import BaseRetriever

    class First(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> Any:
            return runnable.invoke(query)

    return First()


def haystack(given: Given) -> Ask:
    """Splitter, embedding retriever, prompt and generator of Haystack's first RAG pipeline."""
    from haystack import Document, Pipeline
    from haystack.components.builders import ChatPromptBuilder
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.components.preprocessors import DocumentSplitter
    from haystack.components.retrievers.in_memory import InMemoryEmbeddingRetriever
    from haystack.dataclasses import ChatMessage
    from haystack.document_stores.in_memory import InMemoryDocumentStore
    from haystack.utils import Secret

    template = """
Given the following information, answer the question.

Context:
{% for document in documents %}
    {{ document.content }}
{% endfor %}

Question: {{question}}
Answer:
"""
    pipelines = {}
    for corpus in sorted(os.listdir(given.documents)):
        store = InMemoryDocumentStore()
        whole = [Document(content=text, meta={"name": name}) for name, text in texts(given, corpus).items()]
        chunks = DocumentSplitter().run(documents=whole)["documents"]
        vectors = embedded(given, [chunk.content for chunk in chunks])
        store.write_documents(
            [Document(content=c.content, embedding=vector) for c, vector in zip(chunks, vectors, strict=True)]
        )
        pipeline = Pipeline()
        pipeline.add_component("retriever", InMemoryEmbeddingRetriever(store, top_k=PASSAGES))
        prompt = ChatPromptBuilder(template=[ChatMessage.from_user(template)], required_variables="*")
        pipeline.add_component("prompt_builder", prompt)
        llm = OpenAIChatGenerator(
            api_key=Secret.from_token("none"),
            model=given.model,
            api_base_url=given.url,
            timeout=PATIENCE_S,
            generation_kwargs={"max_tokens": LONGEST, "temperature": 0},
        )
        pipeline.add_component("llm", llm)
        pipeline.connect("retriever", "prompt_builder")
        pipeline.connect("prompt_builder.prompt", "llm.messages")
        pipelines[corpus] = pipeline

    def ask(corpus: str, question: str) -> dict[str, Any]:
        vector = embedded(given, [question], query=True)[0]
        data = {"retriever": {"query_embedding": vector}, "prompt_builder": {"question": question}}
        return {"text": pipelines[corpus].run(data)["llm"]["replies"][0].text}

    return ask


def llamaindex(given: Given) -> Ask:
    """VectorStoreIndex.from_documents(...).as_query_engine(), all by default."""
    from llama_index.core import Document, Settings, VectorStoreIndex
    from llama_index.core.base.llms.types import CompletionResponse, LLMMetadata
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.llms import CustomLLM

    class Chat(CustomLLM):  # type: ignore[misc, unused-ignore]
        @property
        def metadata(self) -> Any:
            return LLMMetadata(context_window=8192, num_output=LONGEST, model_name=given.model)

        def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            return CompletionResponse(text=said(given, [{"role": "user", "content": prompt}]))

        def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
            yield self.complete(prompt)

    class Vectors(BaseEmbedding):  # type: ignore[misc, unused-ignore]
        def _get_text_embedding(self, text: str) -> list[float]:
            return embedded(given, [text])[0]

        def _get_query_embedding(self, query: str) -> list[float]:
            return embedded(given, [query], query=True)[0]

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    Settings.llm, Settings.embed_model = Chat(), Vectors()
    engines = {}
    for corpus in sorted(os.listdir(given.documents)):
        documents = [Document(text=text, metadata={"file_name": name}) for name, text in texts(given, corpus).items()]
        engines[corpus] = VectorStoreIndex.from_documents(documents).as_query_engine()
    return lambda corpus, question: {"text": str(engines[corpus].query(question))}


def paperqa(given: Given) -> Ask:
    """Docs.aadd and Docs.aquery: a summary of each passage, then an answer from the summaries."""
    from lmi import EmbeddingModel
    from paperqa import Docs
    from paperqa import Settings as PaperSettings

    class Vectors(EmbeddingModel):  # type: ignore[misc, unused-ignore]
        name: str = "server"

        async def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embedded(given, texts)

    name = f"openai/{given.model}"
    served = {"model": name, "api_base": given.url, "api_key": "none", "temperature": 0, "max_tokens": LONGEST,
              "timeout": PATIENCE_S}  # fmt: skip
    by = {"model_list": [{"model_name": name, "litellm_params": served}]}
    settings = PaperSettings(llm=name, llm_config=by, summary_llm=name, summary_llm_config=by)
    settings.answer.evidence_k = settings.answer.answer_max_sources = PASSAGES
    settings.answer.max_concurrent_requests = 1
    settings.parsing.use_doc_details = False
    loop, all_docs = asyncio.new_event_loop(), {}
    for corpus in sorted(os.listdir(given.documents)):
        docs = all_docs[corpus] = Docs()
        for path in sorted((given.documents / corpus).glob("*.txt")):
            added = docs.aadd(path, citation=path.stem, docname=path.stem, settings=settings, embedding_model=Vectors())
            loop.run_until_complete(added)

    def ask(corpus: str, question: str) -> dict[str, Any]:
        query = all_docs[corpus].aquery(question, settings=settings, embedding_model=Vectors())
        return {"text": loop.run_until_complete(query).answer}

    return ask


def _sparewheel(given: Given, chat: bool) -> Ask:
    from dataclasses import replace

    from sparewheel.app.evaluation.batch import only_local
    from sparewheel.rag.assemble import open_pipeline
    from sparewheel.rag.settings import Endpoint, load_settings

    settings = only_local(replace(load_settings(), data_folder=given.data))
    settings = replace(settings, answer=replace(settings.answer, memory="off", timeout_s=PATIENCE_S))
    if chat:
        waits = {name: PATIENCE_S for name in ("first_token_s", "between_tokens_s", "total_s")}
        endpoint = Endpoint(url=given.url, model=given.model, max_tokens=LONGEST, thinking_switch="none", **waits)  # type: ignore[arg-type]
        shown = replace(settings.retrieve, evidence_k=PASSAGES)
        settings = replace(settings, endpoint={"peer": endpoint}, retrieve=shown)
    pipelines = {corpus: open_pipeline(corpus, settings) for corpus in sorted(os.listdir(given.documents))}
    for pipeline in pipelines.values():
        pipeline.warm("en")

    def ask(corpus: str, question: str) -> dict[str, Any]:
        answer = pipelines[corpus].ask(question)
        return {"text": answer.text, "label": answer.label, "outcome": answer.outcome, "by": answer.answered_by}

    return ask


def reader(given: Given) -> Ask:
    """Ours with the built-in reader: no chat model."""
    return _sparewheel(given, chat=False)


def chat(given: Given) -> Ask:
    """Ours with the same chat model as the others."""
    return _sparewheel(given, chat=True)


SYSTEMS = (reader, chat, langchain, haystack, llamaindex, paperqa)


def peak_mb() -> float:
    """The most memory that this process held so far, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def main() -> None:
    """Reads questions until there are no more."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=[system.__name__ for system in SYSTEMS])
    for name in ("--documents", "--url", "--model"):
        parser.add_argument(name, required=True)
    parser.add_argument("--data", default="", help="folder of our corpora, for our own systems")
    options = parser.parse_args()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)  # what libraries print is no answer
    given = Given(Path(options.documents), options.url, options.model, options.data)
    started = time.perf_counter()
    ask = next(system for system in SYSTEMS if system.__name__ == options.system)(given)
    print(json.dumps({"ready_s": round(time.perf_counter() - started, 2)}), file=out)
    for line in sys.stdin:
        asked = json.loads(line)
        started = time.perf_counter()
        try:
            answer = ask(asked["corpus"], asked["question"])
        except Exception as error:  # a system that raises has failed the question
            answer = {"text": "", "outcome": "failed", "error": f"{type(error).__name__}: {error}"[:300]}
        answer |= {"seconds": round(time.perf_counter() - started, 3), "rss_mb": round(peak_mb())}
        print(json.dumps(answer, ensure_ascii=False), file=out)


if __name__ == "__main__":
    main()
