"""A rolling restart of the real command: two processes, a balancer that follows /readyz, questions all the while."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sparewheel.eval.availability.balancer import Balancer
from sparewheel.eval.availability.rolling import Plan, corpus, play


@pytest.mark.timeout(300)
def test_no_question_is_lost_while_every_server_is_restarted(tmp_path: Path) -> None:
    """Each is told to stop while it answers, ends by itself with exit code 0, and every question is answered."""
    corpus(tmp_path)
    played = asyncio.run(play(Plan(per_second=5, answer_s=0.5, shutdown_delay_s=1.0), tmp_path))
    assert (played["lost"], played["exit_codes"]) == ({}, {0: 2})
    assert played["right"] + played["extracts"] == played["questions"] > 20
    assert played["in_flight_at_stop"][-1] > 0


async def test_the_balancer_follows_readyz() -> None:
    """A backend that says 503 gets no more connections; with none ready all are tried; with none alive it is a loss."""
    ready = {"a": b"200", "b": b"200"}

    def backend(name: str):
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = (await reader.readuntil(b"\r\n\r\n")).split()[1]
            status = ready[name] if asked == b"/readyz" else b"200"
            writer.write(b"HTTP/1.1 " + status + b" x\r\n\r\n" + name.encode())
            writer.close()

        return asyncio.start_server(serve, "127.0.0.1", 0)

    async def answered(port: int) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        answer = (await reader.read()).decode()
        writer.close()
        return answer.rpartition("\n")[2]

    a, b = await backend("a"), await backend("b")
    ports = [server.sockets[0].getsockname()[1] for server in (a, b)]
    async with Balancer(ports, every_s=0.02) as balancer, asyncio.timeout(60):
        await balancer.until_ready(*ports)
        assert sorted([await answered(balancer.port) for _ in range(4)]) == ["a", "a", "b", "b"]
        ready["a"] = b"503"
        await balancer.until_left(ports[0])
        assert {await answered(balancer.port) for _ in range(4)} == {"b"}
        b.close()
        await balancer.until_left(ports[1])
        assert await answered(balancer.port) == "a"
        a.close()
        assert await answered(balancer.port) == ""
