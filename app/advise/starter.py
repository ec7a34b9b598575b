"""A settings file to start from, for each set-up. `rag.settings.load_settings` accepts it as it is."""

from __future__ import annotations

from dataclasses import dataclass

from sparewheel.app.advise.catalogue import Fit, Open
from sparewheel.app.advise.cost import Option
from sparewheel.app.words import Table, say

QUICK_S = 3.0  # an answer wanted so soon leaves no time for a second endpoint after the first has failed
_QUANTISE = {16: "none", 8: "8bit", 4: "4bit"}

_COMMENTS: Table = {
    "head": (
        "Made by `sparewheel advise`. Save as sparewheel.toml, or name it with --config.",
        "由 `sparewheel advise` 生成。保存为 sparewheel.toml，或用 --config 指定。",
    ),
    "local": (
        "Local: no endpoint is named, so nothing leaves this machine.\n"
        "Index with `sparewheel ingest ... --sensitivity high` too: an endpoint added later stays shut for it.",
        "本地部署：未配置任何接口，数据不会离开本机。\n"
        "建库时请加 `--sensitivity high`：即使以后添加接口，该库也不会外发。",
    ),
    "open_cloud": (
        "Open model + cloud: one endpoint, and the built-in reader behind it.",
        "开源模型+云：一个接口，后备为内置阅读器。",
    ),
    "hybrid": (
        "Hybrid cloud: two providers, a chat model here, and the built-in reader last.\n"
        "A corpus indexed with `--sensitivity high` is answered by the last two only.",
        "混合云：两家服务商、本机对话模型，最后是内置阅读器。\n以 `--sensitivity high` 建的库只由后两者作答。",
    ),
    "key": ("the key is read from this environment variable", "密钥从该环境变量读取"),
    "second": (
        "put in the address and the model of another provider, not DeepSeek's again",
        "请填写另一家服务商的地址与模型，不要与第一家相同",
    ),
    "model": (
        "a hub name or a folder; fetch it once with allow_download = true",
        "模型名称或文件夹；首次可设 allow_download = true 下载",
    ),
    "no_model": (
        "no model of the catalogue fits the machine: the built-in reader answers alone",
        "目录中没有适合该机器的模型：仅由内置阅读器作答",
    ),
}


@dataclass(frozen=True)
class Choice:
    """An open model of the catalogue, and how it fits the machine."""

    model: Open
    fit: Fit


def settings_toml(set_up: Option, choice: Choice | None, answer_within_s: float, language: str = "en") -> str:
    """The file as text, comments in `language`. choice: the chat model that runs on the machine, None for none."""

    def comment(key: str) -> str:
        return "\n".join(f"# {line}" for line in say(_COMMENTS[key], language).splitlines())

    within = min(max(answer_within_s, 0.5), 600.0)
    first = round(min(4.0, within / 3), 2)
    hedge = f"hedge_after_s = {round(first / 2, 2)}\n" if answer_within_s <= QUICK_S else ""
    budgets = f"first_token_s = {first}\ntotal_s = {within:g}\n{hedge}"
    cloud = (
        f'[endpoint.deepseek]\nurl = "https://api.deepseek.com"\nmodel = "deepseek-flash"\n'
        f'key_env = "DEEPSEEK_API_KEY"  # {say(_COMMENTS["key"], language)}\n{budgets}'
    )
    second = (
        f'{comment("second")}\n[endpoint.second]\nurl = "https://llm.example.org/v1"\nmodel = "name-of-the-model"\n'
        f'key_env = "SECOND_API_KEY"\n{budgets}'
    )
    local = _local_chat(choice, first, within, comment("model")) if choice else comment("no_model") + "\n"
    sections = {"local": [local], "open_cloud": [cloud, *([local] if choice else [])], "hybrid": [cloud, second, local]}
    answer = f"[answer]\ntimeout_s = {within:g}\n"
    return "\n".join([f"{comment('head')}\n{comment(set_up)}\n", answer, *sections[set_up]])


def _local_chat(choice: Choice, first_token_s: float, within_s: float, note: str) -> str:
    device = "auto" if choice.fit.where == "gpu" else "cpu"
    return (
        f'{note}\n[local_chat]\nmodel = "{choice.model.hub}"\nquantise = "{_QUANTISE[choice.fit.bits]}"\n'
        f'device = "{device}"\nfirst_token_s = {first_token_s}\ntotal_s = {within_s:g}\n'
    )
