"""The wordings of answers, `chat` and `init` at the terminal, English and Chinese."""

from __future__ import annotations

import os

from sparewheel.app.words import Language, Wording, say

# an answer, in the language of its question
NO_ANSWER: Wording = ("No answer: {why}", "没有答案：{why}")
NOTE: Wording = ("Note: {note}", "注意：{note}")
BY: Wording = ("answered by {who}", "作答：{who}")
BY_MEMORY: Wording = ("memory: {kept}", "记忆：{kept}")
NOBODY: Wording = ("nobody", "无")
NOBODY_NEAR: Wording = ("nobody: no passage was close enough", "无：没有足够接近的段落")
WRITTEN_BY_PERSON: Wording = ("written by a person", "由人撰写")
WRITTEN_BY_MODEL: Wording = ("written by a model", "由模型撰写")
SURE: Wording = ("confidence {share:.0%}", "可信度 {share:.0%}")
DEGRADED: Wording = ("degraded ({why})", "降级（{why}）")
PAGE: Wording = ("page {pages}", "第 {pages} 页")
PAGES: Wording = ("pages {pages}", "第 {pages} 页")
CHARACTERS: Wording = (" (characters {start}-{end})", "（第 {start}-{end} 个字符）")
NEEDS_KEY: Wording = (
    "{who} needs a key: export {variable}=... and ask again",
    "{who}需要密钥：请先 export {variable}=...，再提问",
)
NEEDS_KEY_SET: Wording = (
    "{who} needs a key: write endpoint.{name}.key_file, or key_env, into the settings",
    "{who}需要密钥：请在设置中写入 endpoint.{name}.key_file 或 key_env",
)
NOT_ASKED: Wording = ("{who} was not asked: {why}", "没有询问{who}：{why}")
CHECK: Wording = ("{why}: check {what}", "{why}：请检查 {what}")
IN_FILE: Wording = ("the file {path}", "文件 {path}")
IN_SETTINGS: Wording = ("endpoint.{name}.key in the settings", "设置中的 endpoint.{name}.key")
CURE: Wording = ("{why}: {cure}", "{why}：{cure}")
FROM_BACKUP: Wording = ("{why}; the answer came from a backup", "{why}；答案来自后备")
DOCTOR: Wording = ("sparewheel doctor tells more", "可运行 sparewheel doctor 查看详情")
CURES: dict[str, Wording] = {
    "no_balance": ("top the account up", "请给账户充值"),
    "not_found": ("check endpoint.{name}.url and .model", "请检查 endpoint.{name}.url 和 .model"),
    "unknown_model": (
        "write a model name that the provider has now: endpoint.{name}.model",
        "请在 endpoint.{name}.model 中写提供方现有的模型名",
    ),
    "connect_failed": (
        "check endpoint.{name}.url ({url}), the network and the proxy",
        "请检查 endpoint.{name}.url（{url}）、网络和代理",
    ),
    "connect_timeout": (
        "check endpoint.{name}.url ({url}), the network and the proxy",
        "请检查 endpoint.{name}.url（{url}）、网络和代理",
    ),
}

# chat, in the language of the terminal
GREETING: Wording = (
    "{corpus}: {count} documents. Ask, or /help; leave with Ctrl-D.",
    "{corpus}：{count} 份文档。请提问，或输入 /help；按 Ctrl-D 离开。",
)
GOING_ON: Wording = ("going on after {count} turns; /new forgets them", "接续之前的 {count} 轮；/new 可忘掉它们")
HELP: Wording = (
    "/new        begin anew: forget what was said\n"
    "/sources    the passages that the last answer was read in\n"
    "/documents  what can be asked\n"
    "/quit       leave (also Ctrl-D); Ctrl-C stops an answer",
    "/new        重新开始：忘掉之前说过的\n"
    "/sources    上一个答案所读的段落\n"
    "/documents  可以询问的文档\n"
    "/quit       离开（也可按 Ctrl-D）；Ctrl-C 停止作答",
)
ANEW: Wording = ("begun anew", "已重新开始")
NONE_YET: Wording = ("none yet", "还没有")
NO_COMMAND: Wording = ("no command {name!r}", "没有命令 {name!r}")
STARTS_AGAIN: Wording = ("[another model starts again]", "[由另一个模型重新作答]")
LEAVES: Wording = ("(Ctrl-D leaves)", "（按 Ctrl-D 离开）")

# init, in the language of the terminal
WHERE: Wording = (
    "1  Where are your documents? (folder or file; Enter: none yet)",
    "1  您的文档在哪里？（文件夹或文件；直接回车：暂时没有）",
)
ABOUT: Wording = ("2  What are they about?", "2  文档是哪方面的？（legal 法律，medical 医学，general 其他）")
WHO: Wording = ("3  Who should answer?", "3  由谁作答？")
LOCAL: Wording = (
    "only this machine: the built-in reader quotes; nothing is sent anywhere",
    "只用本机：内置阅读器引用原文作答，不向外发送任何内容",
)
DEEPSEEK: Wording = (
    "DeepSeek first, this machine behind it when DeepSeek is busy",
    "先用 DeepSeek，DeepSeek 繁忙时由本机作答",
)
SERVER: Wording = (
    "{name} on this machine ({model}), the built-in reader behind it",
    "本机的 {name}（{model}），其后是内置阅读器",
)
SETTINGS: Wording = ("{about}.\nSettings: {path}", "{about}。\n设置文件：{path}")
KEY_NOT_SET: Wording = (
    "{name} is not set yet: export {name}=... ; until then the built-in reader answers",
    "尚未设置 {name}：请 export {name}=...；在此之前由内置阅读器作答",
)
NO_DOCUMENTS: Wording = (
    "No documents yet. Read some in: sparewheel ingest FOLDER --corpus NAME",
    "还没有文档。导入：sparewheel ingest FOLDER --corpus NAME",
)
NEXT: Wording = (
    '\nAsk:       sparewheel ask "your question" --corpus {corpus}\nTalk:      sparewheel chat --corpus {corpus}\n'
    "The page:  sparewheel ui\nChecks:    sparewheel doctor",
    '\n提问：  sparewheel ask "您的问题" --corpus {corpus}\n对话：  sparewheel chat --corpus {corpus}\n'
    "页面：  sparewheel ui\n检查：  sparewheel doctor",
)


def terminal_language() -> Language:
    """That of the terminal, as its programs read it: LC_ALL, LC_MESSAGES, LANG."""
    said = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    return "zh" if said.casefold().startswith("zh") else "en"


def told(wording: Wording, **values: object) -> str:
    """In the language of the terminal."""
    return say(wording, terminal_language(), **values)
