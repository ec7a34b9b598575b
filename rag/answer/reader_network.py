"""The reader's network under onnxruntime: questions and windows in, spans and labels out. No torch."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer import four_bits
from sparewheel.rag.answer.spans import Reading, Window, best_short, best_spans
from sparewheel.rag.disk import check_listed
from sparewheel.rag.text import encodable
from sparewheel.rag.threads import stopped_by


def _give_back() -> None:
    """Hands freed memory back to the system: unpacking 4-bit weights leaves 400 MB of it with the allocator (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


class Network:
    """config: see the folder's config.json. A graph with an input `prior` reads only the likeliest windows in full.
    Where weights.npz lies beside the graph, it holds the linear layers (`rag.answer.four_bits`).
    """

    def __init__(self, folder: Path, config: dict[str, Any], threads: int) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        apart = (folder / four_bits.FILE).is_file()
        check_listed(folder, "model.onnx", "config.json", "tokenizer.json", *((four_bits.FILE,) if apart else ()))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        kept = four_bits.hand_over(folder, options) if apart else []
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        del options, kept
        _give_back()
        self._inputs = frozenset(given.name for given in self._session.get_inputs())
        self._outputs = [made.name for made in self._session.get_outputs() if made.name != "gate"]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._config = config

    def read(self, question: str, windows: Sequence[Window], prior: NDArray[np.float32], longest: int = 0
    ) -> list[Reading]:  # fmt: skip
        """A reading of each window that was read in full; prior is added to the gate's logit. With `longest`, also the
        best span of at most so many tokens. A window that has no token has no span.
        """
        rows = self._rows(question, windows)
        width = max(len(row) for row, _, _, _ in rows)
        shape = (len(rows), width)
        ids = np.full(shape, self._config.get("pad", 0), np.int32)
        types, mask = (np.zeros(shape, np.int32) for _ in range(2))
        for i, (row, segment, _, _) in enumerate(rows):
            ids[i, : len(row)], types[i, segment : len(row)], mask[i, : len(row)] = row, 1, 1
        most = np.asarray([self._config.get("read_windows", len(rows))], np.int64)
        given = {"ids": ids, "types": types, "mask": mask, "prior": prior, "most": most}
        said = self._run({name: value for name, value in given.items() if name in self._inputs})
        chosen, labels = said.get("chosen", np.arange(len(rows))).tolist(), said.get("label")
        return [
            self._reading(windows[n], rows[n], said["span"][i], None if labels is None else labels[i], longest)
            for i, n in enumerate(chosen)
        ]

    def _run(self, given: Mapping[str, object]) -> dict[str, Any]:
        """The outputs by their names. Raises GivenUp as soon as nobody waits for them."""
        from onnxruntime import RunOptions

        options = RunOptions()
        with stopped_by(lambda: setattr(options, "terminate", True)):
            made = self._session.run(self._outputs, given, options)
        return dict(zip(self._outputs, made, strict=True))

    def _rows(
        self, question: str, windows: Sequence[Window]
    ) -> list[tuple[list[int], int, int, list[tuple[int, int]]]]:
        """Per window: token ids, where segment 1 begins, where the passage begins, the characters of its tokens."""
        config = self._config
        asked = self._tokenizer.encode(encodable(question), add_special_tokens=False).ids[: config["question_tokens"]]
        head = [config["cls"], *asked, config["sep"]]
        headings = self._tokenizer.encode_batch([encodable(w.heading) for w in windows], add_special_tokens=False)
        passages = self._tokenizer.encode_batch([encodable(w.text) for w in windows], add_special_tokens=False)
        made = []
        for heading, passage in zip(headings, passages, strict=True):
            over = heading.ids[: config["heading_tokens"]]
            room = config["max_tokens"] - len(head) - len(over) - 1
            row = [*head, *over, *passage.ids[:room], config["sep"]]
            made.append((row, len(head), len(head) + len(over), passage.offsets[:room]))
        return made

    def _reading(self, window: Window, row: tuple[list[int], int, int, list[tuple[int, int]]],
                 span: NDArray[np.float32], label: NDArray[np.float32] | None, longest: int) -> Reading:  # fmt: skip
        ids, _, first, offsets = row
        start, end = span[first : len(ids) - 1].T
        nothing = float(span[0].sum())

        def placed(found: tuple[int, int, float]) -> tuple[int, int, float]:
            return offsets[found[0]][0], offsets[found[1]][1], found[2] - nothing

        spans = [placed(found) for found in best_spans(start, end, self._config["spans"])] if len(start) else []
        short = placed(best_short(start, end, longest)) if longest and len(start) else None
        labels: dict[str, float] = {}
        if label is not None:
            weights = np.exp(label - label.max())
            labels = dict(zip(self._config["labels"], (weights / weights.sum()).tolist(), strict=True))
        return Reading(window, tuple(spans), labels, short)
