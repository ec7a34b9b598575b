"""The wording of an answer's circumstances, English and Chinese side by side. Pure data for `app.view`."""

from __future__ import annotations

import re

from sparewheel.app.words import Wording


def letters(name: str) -> str:
    """Its letters and digits alone, in lower case: to tell whether a title says more than the name of its file."""
    return "".join(character for character in name.casefold() if character.isalnum())


ANSWERERS: dict[str, Wording] = {
    "reader": ("Local reader", "本地阅读器"),
    "quote": ("Nearest sentence only", "仅最接近的句子"),
    "local_chat": ("Local chat model", "本地对话模型"),
    "memory": ("Memory", "记忆"),
    "primary": ("Primary endpoint", "主端点"),
    "secondary": ("Second endpoint", "备用端点"),
    "catalogue": ("List of documents", "文档目录"),
}
REMEMBERED: Wording = ("{who}'s answer of {day}, passages unchanged", "{who} {day}的回答，所依据的段落未变")
REMEMBERED_PERSON: Wording = ("Answer of {who}, {day}, passages unchanged", "{who} {day}的回答，所依据的段落未变")
SOMEBODY: Wording = ("a person", "人工")
REMEMBERED_WHY: Wording = (
    "It was given before and kept; every passage that it rests on still says the same.",
    "这是以前的回答，所依据的每个段落都没有变化。",
)
REMEMBERED_ASKED: Wording = ("Asked then: {question}", "当时的问题：{question}")
SIMILAR: Wording = (
    "A similar question was answered by {who} on {day}: {question} Ask it in these words to see that answer.",
    "{who} {day}回答过一个相近的问题：{question} 用这句话提问即可看到那次回答。",
)
DAY: Wording = ("{day} {month} {year}", "{year}年{number}月{day}日")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
CATALOGUE_WHY: Wording = ("Answered from the list of documents; no passage was read.", "根据文档目录回答，未阅读段落。")
READ_AS: Wording = ("Read as: {question}", "理解为：{question}")
IN: Wording = ("In: {titles}", "出自：{titles}")
IN_MORE: Wording = ("In: {titles} and {count} more", "出自：{titles} 等另外 {count} 份")
BRANDS = {"deepseek": "DeepSeek", "openai": "OpenAI", "qwen": "Qwen", "mistral": "Mistral", "anthropic": "Anthropic"}

# fault code of rag.reliability.faults -> what to say of the answerer
REASONS: dict[str, Wording] = {
    "refused_request": ("refused the request", "拒绝了请求"),
    "unknown_parameter": ("refuses a setting of the request", "不接受请求中的某项设置"),
    "unknown_model": ("does not know the model", "找不到该模型"),
    "content_risk": ("refused the content of this question", "因内容审核拒绝了该问题"),
    "context_length": ("cannot take a question this long", "问题与段落超出其长度限制"),
    "redirected": ("has moved to another address", "地址已变更"),
    "tool_call": ("wanted to use a tool", "试图调用工具"),
    "repetition": ("repeated itself without end", "答案不断重复"),
    "unsupported": ("wrote nothing that the passages support", "答案没有段落支持"),
    "unauthorised": ("refuses the key", "拒绝了密钥"),
    "no_balance": ("has no balance left", "账户余额不足"),
    "not_found": ("does not know the model", "找不到该模型"),
    "confidential": ("may not see it: the corpus is confidential by now", "不得接收：该语料库现已设为机密"),
    "misconfigured": ("is not set up correctly", "配置有误"),
    "rate_limited": ("is busy: too many requests", "繁忙：请求过多"),
    "loading": ("is still being loaded", "仍在加载"),
    "queue_full": ("is busy: its queue is full", "繁忙：排队已满"),
    "no_time": ("has too little time left for this question", "剩余时间不足以阅读此问题"),
    "server_error": ("has an error", "服务器出错"),
    "overloaded": ("is busy", "繁忙"),
    "unexpected_status": ("returned an unknown status", "返回了未知状态"),
    "connect_timeout": ("cannot be reached", "无法连接"),
    "connect_failed": ("cannot be reached", "无法连接"),
    "connection_lost": ("broke off the connection", "连接中断"),
    "first_token_timeout": ("is busy: no response in time", "繁忙：未及时响应"),
    "between_tokens_timeout": ("stopped in the middle", "中途停止输出"),
    "total_timeout": ("took too long", "耗时过长"),
    "empty_body": ("sent nothing", "返回为空"),
    "blank_answer": ("sent a blank answer", "返回了空白答案"),
    "cut_stream": ("broke off in the middle", "输出中断"),
    "malformed": ("sent something unreadable", "返回内容无法读取"),
    "inband_error": ("reported an error", "报告了错误"),
    "insufficient_resource": ("is busy: it stopped half way", "繁忙：中途放弃"),
    "content_filter": ("withheld its answer", "屏蔽了答案"),
    "truncated": ("reached its length limit", "达到长度上限"),
    "unexpected": ("failed", "失败"),
    "not_kept": ("holds no answer to this question", "没有这个问题的答案"),
    "left_alone": ("is paused after repeated failures", "多次失败后暂停使用"),
    "retry_budget": ("was not called: too many calls are failing", "未被调用：失败过多"),
}

NOBODY: Wording = ("No model was asked", "未调用模型")
NOBODY_WHY: Wording = (
    "No passage came close enough to the question, so nothing was sent to any model.",
    "没有与问题足够接近的段落，因此未调用任何模型。",
)
OUT_OF_TIME: Wording = ("there was no time to read the passages", "没有时间阅读段落")
STOPPED: Wording = ("Stopped", "已停止")
STOPPED_WHY: Wording = ("The question was stopped before it was answered.", "问题在得到回答之前被停止。")
FAILED: Wording = ("No answer", "没有答案")
BECAUSE: Wording = ("{who}: {why}", "{who}：{why}")
ONE_REASON: Wording = ("{who} {reason}", "{who}{reason}")
ANSWERED_IN: Wording = ("{who} answered in {seconds:.1f} s.", "{who}用 {seconds:.1f} 秒作答。")
STAYS_HERE: Wording = ("This corpus is confidential: nothing left this machine.", "本语料库为机密：数据未离开本机。")
FIRST_CHOICE: Wording = ("It is the first choice in the settings.", "它是设定顺序中的首选。")

CONFIDENCE: dict[str, Wording] = {
    "high": ("High confidence ({share:.0%})", "可信度高（{share:.0%}）"),
    "medium": ("Medium confidence ({share:.0%}): read the passage", "可信度中（{share:.0%}）：请核对原文"),
    "low": ("Low confidence ({share:.0%}): check the passage first", "可信度低（{share:.0%}）：请务必先核对原文"),
    "person": ("Written by a person", "由人撰写"),
    "written": ("Written by a model: check the passages", "由模型撰写：请核对原文"),
}
SECONDS: Wording = ("{seconds:.2f} s", "{seconds:.2f} 秒")
COST: Wording = ("${usd:.5f}", "{usd:.5f} 美元")
FREE: Wording = ("no cost", "无费用")
PAGE: Wording = ("page {page}", "第 {page} 页")
PAGES: Wording = ("pages {page}", "第 {page} 页")
SECTION: Wording = ("section {number}", "第 {number} 节")
NEAREST: Wording = ("closest passage", "最接近的段落")
NEAR: Wording = ("passage no. {rank} by closeness", "接近程度第 {rank}")
LABELS: dict[str, Wording] = {"yes": ("Yes.", "是。"), "no": ("No.", "否。"), "maybe": ("Maybe.", "不确定。")}
REFUSED: Wording = ("Not in these documents.", "这些文档中没有答案。")

# a search that failed, and what the passages were found by instead; the cause stands in the log
LEG_FAILED = re.compile(r"(\w+) search failed: .*", re.DOTALL)
NO_MEANING: Wording = (
    "semantic search failed; these passages were found by keyword only",
    "语义检索失败；以下段落仅按字词检索得到",
)
NO_WORDS: Wording = (
    "keyword search failed; these passages were found by meaning only",
    "字词检索失败；以下段落仅按语义检索得到",
)

# what the library notes in English -> the same in Chinese
NOTES: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"the database cannot be reached: answered from this machine's copy, which may be out of date"),
        r"数据库无法连接：答案来自本机副本，可能不是最新内容",
    ),
    (re.compile(r"dense index (.+?) built: the rest is found by its words only"), r"语义索引已建成 \1，其余按字词检索"),
    (re.compile(r"not in the passages: (.+)"), r"段落中没有：\1"),
    (re.compile(r"(\d+) sentences? not borne out by the passages, marked (.+)"), r"\1 句话没有段落支持，已标注 \2"),
    (
        re.compile(r"it tells you to act \(to pay, to open, to call\): ask somebody you know before you do"),
        r"回答要求你采取行动（付款、打开链接、致电）：请先向你认识的人核实",
    ),
    (
        re.compile(r'passage (\d+) speaks to a language model \("(.+)"\): read what rests on it with care', re.DOTALL),
        r"第 \1 段含有写给语言模型的指令（“\2”）：对依据该段的内容请谨慎",
    ),
    (re.compile(r"no answerer could answer \((.+)\)"), r"没有可用的回答者（\1）"),
    (
        re.compile(r"only the first (\d+) of (\d+) passages were read: .*"),
        r"只读了 \2 个段落中的前 \1 个：该模型读不下更多",
    ),
    (re.compile(r"reranking left out: .*"), r"未重新排序：时间不足或出错"),
    (
        re.compile(r"reranking cut short: (\d+) of (\d+) passages were read in time"),
        r"时间不足，重新排序时只读了 \2 个段落中的 \1 个",
    ),
    (re.compile(r"dense search left out: .*"), r"未做语义检索：时间不足，以下段落仅按字词检索得到"),
    (re.compile(r"nothing was found within the (.+) s that the question had"), r"在给定的 \1 秒内未能找到段落"),
)  # fmt: skip
