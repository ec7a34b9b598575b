# ruff: noqa: E501  lists of wordings, one kind of refusal a line
"""What an endpoint says in words when it does not answer, read into a fault code. English and Chinese.

Providers share no error codes: a renamed model is a 400 at one, a 404 at another; "busy" comes as 503, 429, 200. So the
words decide where they are clear, and the status where they are not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sparewheel.rag.clean import clean

MOST_CHARS = 240  # of a provider's words

_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_HIDDEN = tuple(
    (re.compile(pattern, re.IGNORECASE), shown)
    for pattern, shown in (
        (r"\s*(?:for more information|see also|see)\s*(?:check|at)?\s*:?\s*https?://(?:developer\.mozilla|httpstatuses)\S*", ""),
        (r"\b[a-z][a-z0-9+.-]*://[^\s'\"<>]+", "(address)"),
        (r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b", "(address)"),
        (r"\b[\w-]+(?:\.[\w-]+)*\.(?:svc|local|internal|lan|corp|cluster)(?:\.[\w-]+)*(?::\d+)?\b", "(address)"),
        (r"\bbearer\s+[\w.~+/=-]+", "Bearer ***"),
        (r"\b(?:sk|pk|api|key)-[\w*-]{4,}", "***"),
        (r"((?:api[_ -]?key|token|secret|password)[\"']?\s*(?:provided|is)?\s*[:=]\s*[\"']?)[^\s\"',;]+", r"\1***"),
        (r"\b[\w.+-]+@[\w-]+\.[\w.]+", "(e-mail)"),
    )
)  # fmt: skip

# the first that fits decides
_WORDS = tuple(
    (code, re.compile(pattern, re.IGNORECASE))
    for code, pattern in (
        ("no_balance", r"insufficient[ _](?:account[ _])?(?:balance|quota|funds|credit)|exceeded your current quota|billing|out of credits?|in arrears"
            r"|(?:balance|credits?)\b.{0,20}(?:insufficient|not enough|too low|exhausted|negative|used up)|余额不足|欠费|账户余额"),
        (
            "content_risk",
            r"content exists risk|data_?inspection|inappropriate content|content[ _](?:policy|filter|management|moderation|risk)"
            r"|risk control|responsible ai|safety (?:system|policy|reasons)|sensitive (?:content|word)|prohibited content"
            r"|内容(?:存在)?(?:风险|违规|安全)|敏感(?:词|内容|信息)|违规内容|安全审核|不合规|涉政",
        ),
        (
            "context_length",
            r"context[ _](?:length|window|size)|maximum (?:context|input|prompt)|(?:prompt|input|request|message)s? (?:is|are) too (?:long|large)"
            r"|too many (?:input )?tokens|max(?:imum)?[ _](?:model[ _])?(?:input[ _])?(?:len(?:gth)?|tokens?)\b.{0,60}(?:exceed|reach|greater|larger|limit)"
            r"|exceeds?.{0,60}(?:max_model_len|context|token|limit of \d+)|reduce the length|string too long|entity too large|payload too large"
            r"|(?:上下文|输入|提示词?|请求).{0,8}(?:过长|超长|太长|超出|超过)|超(?:出|过).{0,12}(?:长度|上下文|最大)|长度超",
        ),
        (
            "unknown_model",
            r"model[ _]not[ _](?:exist|found)|(?:no such|unknown|invalid|unsupported|not a valid) model|model\b.{0,80}(?:does(?: not|n't) exist|not found"
            r"|is not (?:available|supported|a valid)|has been (?:deprecated|retired|removed|decommissioned|shut down)|no longer)"
            r"|(?:supported|available) (?:api )?models? (?:names )?(?:is|are)|模型.{0,30}(?:不存在|未找到|找不到|不支持|已下线|停用|无效)|无效的?模型",
        ),
        (
            "unknown_parameter",
            r"(?:unrecognized|unknown|unsupported|unexpected|invalid|extra|illegal).{0,40}(?:argument|param|field|inputs?|keyword|property|value)"
            r"|extra[ _](?:inputs|fields|forbidden)|(?:parameter|argument|field|property).{0,60}(?:not (?:supported|permitted|allowed|recognized)|is invalid|unsupported)"
            r"|not permitted|additional properties|(?:参数|字段).{0,20}(?:错误|无效|非法|不支持|未知|不合法)|(?:未知|无效|非法|不支持)的?.{0,8}(?:参数|字段)",
        ),
        (
            "rate_limited",
            r"rate[ _-]?limit|too many (?:concurrent )?requests|requests? per (?:minute|second|day)|concurrency|throttl|请求(?:过于|太)?频繁|请求过多|限流|并发|速率限制",
        ),
        (
            "overloaded",
            r"(?:server|service|system|model|engine|backend|api|we|upstream|resource)s?\b.{0,40}(?:busy|overload|unavailable|not available|at capacity|high demand|heavy load)"
            r"|temporarily unavailable|over(?:ed)? capacity|no capacity|service unavailable|try again (?:later|in)|please retry|bad gateway|gateway time-?out"
            r"|(?:服务器?|系统|模型|服务|网络|线路|接口|引擎|后台|当前).{0,10}(?:繁忙|过载|拥挤|不可用|不堪重负|异常|开小差|人数(?:过|较|太)多|忙碌)|稍后(?:再试|重试|再来)|稍候|资源不足|算力",
        ),
        ("unauthorised", r"authenticat|(?:api[ _-]?key|token|credential)s?.{0,40}(?:invalid|incorrect|expired|missing|wrong)|(?:invalid|incorrect|expired).{0,20}(?:api[ _-]?key|token)|unauthori[sz]ed|鉴权|认证失败|密钥(?:无效|错误)"),
    )
)  # fmt: skip
_SORRY = re.compile(
    r"(?:sorry|apologi[sz]e|error|oops|warning|notice|thank you for your (?:patience|understanding)|code|status|http)\b"
    r"|抱歉|对不起|不好意思|错误|提示|感谢|谢谢",
    re.IGNORECASE,
)
_BUSY_CHARS = 300  # a longer text is no error message
_SENTENCE = re.compile(r"[^.!?。！？\n…]+[.!?。！？…]*")


def words_of(body: bytes | str | Mapping[str, Any]) -> str:
    """The words of an error body (JSON of any shape, a page, plain text): one line, redacted, MOST_CHARS at most."""
    given: Any = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if isinstance(given, str):
        try:
            read = json.loads(given.lstrip("\ufeff \n\r\t"))
        except (ValueError, RecursionError):
            given = _TAGS.sub(" ", given) if "<" in given else given
        else:
            given = read
    return redacted(_said(given))


def redacted(text: str) -> str:
    """One line without addresses, keys and e-mail addresses, MOST_CHARS at most."""
    text = " ".join(clean(text[: 8 * MOST_CHARS]).split())
    for pattern, shown in _HIDDEN:
        text = pattern.sub(shown, text)
    return text if len(text) <= MOST_CHARS else f"{text[: MOST_CHARS - 1]}…"


def code_of(words: str) -> str:
    """The fault code that the words tell clearly, else ""."""
    return next((code for code, pattern in _WORDS if pattern.search(words)), "")


def is_error_message(text: str) -> bool:
    """Whether a short text, sent as an answer, only says that the service cannot answer now ("server is busy")."""
    text = text.strip()
    if not text or len(text) > _BUSY_CHARS or re.search(r"\[\d{1,3}\]|【\d{1,3}】", text):
        return False
    told = [sentence for sentence in _SENTENCE.findall(text) if any(letter.isalnum() for letter in sentence)]
    busy = [code_of(sentence) in ("overloaded", "rate_limited") for sentence in told]
    return any(busy) and all(is_busy or _SORRY.search(one) for is_busy, one in zip(busy, told, strict=True))


def _said(given: Any, depth: int = 0) -> str:
    """The message inside an error object: what "error", "message", "detail", "msg" hold, and its code."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return "; ".join(filter(None, (_said(one, depth + 1) for one in given[:3]))) if depth < 4 else ""
    if not isinstance(given, Mapping) or depth > 4:
        return ""
    for key in (
        "error",
        "errors",
        "message",
        "msg",
        "detail",
        "details",
        "error_msg",
        "error_message",
        "reason",
        "title",
    ):
        if said := _said(given.get(key), depth + 1):
            place = given.get("loc")
            where = ".".join(str(part) for part in place) + ": " if isinstance(place, list) else ""
            code = given.get("code")
            return f"{where}{said}" + (f" ({code})" if isinstance(code, str) and code not in said else "")
    return ""
