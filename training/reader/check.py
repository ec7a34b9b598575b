"""What shipping costs: the exported file beside the network it was made from, on held-out examples.

    python -m training.reader_check --config RECIPE --weights OUT/student/weights.pt --folder OUT/reader-en --data DIR

prints, over the answered examples, F1 of the network in full (fp32), of the network with the file's rounding, and of
the file; how often file and network say the same; and the correlation and largest difference of their margins.
`--data` is the folder of data sets; for Chinese the recipe's output folder, which holds measure.json.gz.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.types import Chunk, Hit
from training.reader.batches import ENDS
from training.reader.data import Example
from training.reader.measure import read_all, token_f1


def held_out(config: dict[str, dict[str, Any]], data: Path) -> list[Example]:
    """The held-out examples of a recipe; data: the folder of data sets, or for Chinese the recipe's output folder."""
    if config["body"]["language"] == "en":
        from training.reader.run import examples

        return examples(data, "held-out", config["data"])
    from training.chinese.measure import emptied
    from training.chinese.texts import WINDOW_CHARS

    with gzip.open(data / "measure.json.gz", "rt", encoding="utf-8") as file:
        sets = json.load(file)
    made = []
    for name in ("cmrc2018", "drcd"):
        for q in sets[name] + emptied(sets[name], 7):
            at = q["text"].find(q["answers"][0]) if q["answers"] else 0
            start = max(0, at - WINDOW_CHARS // 4)
            passage = q["text"][start : start + WINDOW_CHARS]
            spans = ((at - start, at - start + len(q["answers"][0])),) if q["answers"] else ()
            made.append(
                Example(name if spans else f"{name}-negative", q["question"], passage, spans, group=q["text"][:40])
            )
    return made


def f1_of(language: str) -> Callable[[str, str], float]:
    """The measure of a language's sets: by word, or by character."""
    if language == "en":
        return token_f1
    from training.chinese.measure import f1

    return f1


def hits_of(texts: Sequence[str]) -> list[Hit]:
    """The texts as hits, best first."""
    return [Hit(Chunk(str(i), 0, len(t), t), 1.0, i + 1, "given") for i, t in enumerate(texts)]


def best_text(reader: Reader, question: str, texts: Sequence[str]) -> tuple[str, float, int]:
    """The best span over the texts, its margin, and the place of its text; ("", -100, 0) where there is none."""
    readings = reader.readings(question, hits_of(texts))
    if not readings:
        return "", -100.0, 0
    window, (start, end, margin) = readings[0].window, readings[0].spans[0]
    return window.text[start:end], margin, window.hit


def compared(net: Any, bits: int, reader: Reader, examples: Sequence[Example], tokenizer: Any, language: str,
             device: str = "cpu") -> dict[str, float]:  # fmt: skip
    """The figures named above; F1 in percent."""
    read: dict[str, list[tuple[str, float]]] = {}
    for name, rounding in (("fp32", 0), ("rounded", bits)):
        net.round_as_shipped(rounding)
        found = {id_of(r.example): (r.text, r.margin) for r in
                 read_all(net, examples, tokenizer, device, batch=8, ends=ENDS[language])}  # fmt: skip
        read[name] = [found[id_of(e)] for e in examples]
    read["file"] = [best_text(reader, e.question, [e.passage])[:2] for e in examples]
    f1 = f1_of(language)
    answered = [i for i, e in enumerate(examples) if e.spans]
    figures: dict[str, float] = {"n": len(examples), "answered": len(answered)}
    for name, own in read.items():
        scores = [max(f1(own[i][0], examples[i].passage[a:b]) for a, b in examples[i].spans) for i in answered]
        figures[f"f1_{name}"] = round(100 * float(np.mean(scores)), 2)
    margins = {name: np.asarray([margin for _, margin in own]) for name, own in read.items()}
    for name in ("fp32", "rounded"):
        same = [a[0] == b[0] for a, b in zip(read[name], read["file"], strict=True)]
        figures[f"same_as_{name}"] = round(100 * float(np.mean(same)), 1)
        figures[f"margin_r_{name}"] = round(float(np.corrcoef(margins[name], margins["file"])[0, 1]), 4)
        figures[f"margin_most_{name}"] = round(float(np.abs(margins[name] - margins["file"]).max()), 2)
    return figures


def id_of(example: Example) -> tuple[str, str]:
    """What tells an example from the others."""
    return example.question, example.passage


def main() -> None:
    """The command line."""
    from training.reader.files import load_tokenizer
    from training.reader.fit import new_net

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="the recipe")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="the exported reader")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--every", type=int, default=40)
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    config = tomllib.loads(given.config.read_text(encoding="utf-8"))
    examples = [e for e in held_out(config, given.data) if e.passage][:: given.every]
    tokenizer = load_tokenizer(Path(config["body"]["folder"]) / "tokenizer.json")
    net = new_net(config, given.device, given.weights)
    figures = compared(net, config["train"]["bits"], Reader(given.folder), examples, tokenizer,
                       config["body"]["language"], given.device)  # fmt: skip
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
