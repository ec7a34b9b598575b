"""What the adviser says, English and Chinese side by side."""

from __future__ import annotations

from sparewheel.app.words import Table, say

TEXTS: Table = {
    "local": ("local", "本地部署"),
    "open_cloud": ("open model + cloud", "开源模型+云"),
    "hybrid": ("hybrid cloud", "混合云"),
    "gpu": ("GPU", "GPU"),
    "cpu": ("processor", "CPU"),
    # ---- why this branch
    "sensitive": (
        "The documents are confidential: no question and no passage may leave the machine, so everything runs "
        "on your own hardware.",
        "文档保密级别高：提问与段落都不得离开本机，因此全部在自有硬件上运行。",
    ),
    "budget_pays": (
        "The documents may go to a cloud, and {budget:,.0f} USD over {years} years pay for the {name} "
        "({spent:,.0f} USD): two providers and a chat model of your own stand in for each other.",
        "文档可以上云，{years} 年预算 {budget:,.0f} 美元足够{name}（{spent:,.0f} 美元）："
        "两家服务商与自有对话模型互为备份。",
    ),
    "budget_short": (
        "The documents may go to a cloud; the hybrid cloud would take {hybrid:,.0f} USD over {years} years, the "
        "budget is {budget:,.0f} USD. So: {name}, {spent:,.0f} USD.",
        "文档可以上云；混合云 {years} 年需 {hybrid:,.0f} 美元，预算为 {budget:,.0f} 美元。"
        "因此选择{name}（{spent:,.0f} 美元）。",
    ),
    "over_budget": (
        "It is {short:,.0f} USD over the budget. Without any purchase, the built-in reader quotes answers on "
        "the machine you have: start with that (sparewheel demo).",
        "超出预算 {short:,.0f} 美元。无需购置，内置阅读器即可在现有机器上摘引作答：可先由此开始（sparewheel demo）。",
    ),
    # ---- availability
    "availability_local": (
        "Expected a year: {degraded:,.1f} hours on the built-in reader while the server is repaired, {lost:,.1f} "
        "minutes without any answer.",
        "每年预计：服务器维修期间有 {degraded:,.1f} 小时由内置阅读器作答，{lost:,.1f} 分钟完全无法作答。",
    ),
    "availability_open_cloud": (
        "Expected a year: {degraded:,.1f} hours on the built-in reader while the one cloud endpoint is away, "
        "{lost:,.1f} minutes without any answer.",
        "每年预计：唯一的云端接口不可用时有 {degraded:,.1f} 小时由内置阅读器作答，{lost:,.1f} 分钟完全无法作答。",
    ),
    "availability_hybrid": (
        "Expected a year: {degraded:,.2f} hours on the built-in reader (both providers and the workstation away "
        "at once), {lost:,.1f} minutes without any answer.",
        "每年预计：两家服务商与工作站同时不可用时有 {degraded:,.2f} 小时由内置阅读器作答，"
        "{lost:,.1f} 分钟完全无法作答。",
    ),
    # ---- what to watch
    "quick_local": (
        "An answer within {within:g} s: choose a model with few active parameters and keep it on the GPU; the "
        "built-in reader takes over at the deadline.",
        "须在 {within:g} 秒内作答：请选激活参数少的模型并常驻 GPU；超时由内置阅读器接替。",
    ),
    "quick_cloud": (
        "An answer within {within:g} s: the settings give the first token a third of it and start the next "
        "answerer beside a slow one (hedge_after_s).",
        "须在 {within:g} 秒内作答：设置将首个词元时限定为三分之一，并在缓慢时并行启动下一个回答者（hedge_after_s）。",
    ),
    "servers": (
        "{questions:,.0f} questions a day need {servers} servers by year {years}; the cost counts them.",
        "每天 {questions:,.0f} 次提问，到第 {years} 年需 {servers} 台服务器，成本已计入。",
    ),
    "team_local": (
        "A GPU server wants about one person to run it; you have {team:g}. Plan the hire, or a service contract.",
        "一台 GPU 服务器约需一名专人运维，您有 {team:g} 名。请安排人手或购买维保。",
    ),
    "team_hybrid": (
        "Two providers and a workstation want some hours a week; you have {team:g} people. `sparewheel doctor` "
        "and the alerts of docs/operations.md save most of them.",
        "两家服务商加工作站每周需数小时维护，您有 {team:g} 名人员。"
        "可用 `sparewheel doctor` 与 docs/operations.md 的告警省去大半。",
    ),
    # ---- models
    "model": (
        "{count} models of the catalogue fit the machine; to start with: {model}, {gb:.1f} GB at {bits} bit on "
        "the {where}.",
        "目录中有 {count} 个模型适合该机器；建议从 {model} 开始：{bits} 位占 {gb:.1f} GB，运行于 {where}。",
    ),
    "no_model": (
        "No chat model of your own: the built-in reader (23 MB, no GPU) is what stands behind.",
        "没有自有对话模型：以内置阅读器（23 MB，无需 GPU）为后备。",
    ),
    # ---- the sheet in the terminal
    "recommended": ("Recommended: {name}", "建议：{name}"),
    "cost_title": ("Cost of ownership in US dollars, lost work included", "总拥有成本（美元，含中断损失）"),
    "after": ("after", "累计"),
    "year": ("year {year}", "第 {year} 年"),
    "purchase": ("purchase", "购置"),
    "power": ("power", "电费"),
    "operation": ("operation", "运维"),
    "tokens": ("API tokens", "接口词元"),
    "outage": ("lost work", "中断损失"),
    "share": ("full service", "完整服务"),
    "break_even_title": ("When another set-up would cost no more", "何时其他方案更划算"),
    "cheaper_from": ("{name}: from month {month}", "{name}：第 {month} 个月起"),
    "cheaper_always": ("{name}: from the start", "{name}：从一开始"),
    "cheaper_never": ("{name}: not within {years} years", "{name}：{years} 年内不会"),
    "until": ("; dearer {turns}", "；{turns}时则更贵"),
    "unless": (", but {turns}", "，但{turns}时会"),
    "or": (" or ", "或"),
    "at_load": ("from {value:,} questions a day", "每天提问达 {value:,} 次"),
    "at_outage": ("when an outage hour costs {value:,} USD", "每小时中断损失达 {value:,} 美元"),
    "tornado_title": (
        "What moves the cost of this set-up over {years} years most, USD",
        "最影响该方案 {years} 年成本的因素（美元）",
    ),
    "nines": (
        "99.99 % is 52.6 minutes a year, not 5: five minutes are 99.999 %.",
        "99.99 % 指每年 52.6 分钟，而不是 5 分钟；5 分钟是 99.999 %。",
    ),
    "edit": (
        "Every figure is an assumption you can change: sparewheel advise --assumptions",
        "每个数字都是可修改的假设：sparewheel advise --assumptions",
    ),
    "settings_hint": (
        "A settings file to start from: add --settings-file sparewheel.toml",
        "如需起步用的设置文件：加上 --settings-file sparewheel.toml",
    ),
    "settings_written": ("Settings to start from are in {file}", "起步设置已写入 {file}"),
    # ---- the questions
    "ask_sensitivity": (
        "Are the documents confidential, so that nothing may leave your machines?",
        "文档是否保密，内容不得离开自有机器？",
    ),
    "ask_budget": ("Budget over {years} years, USD", "{years} 年预算（美元）"),
    "ask_questions": ("Questions a day", "每天提问数"),
    "ask_within": ("Seconds until an answer must be there", "须在多少秒内作答"),
    "ask_team": ("People who run it (full-time equivalents)", "运维人员数（折合全职）"),
}


def said(key: str, language: str, **figures: object) -> str:
    """The text `key` in "en" or "zh" with the figures in it."""
    return say(TEXTS[key], language, **figures)


def option_name(option: str, language: str) -> str:
    """A set-up as people call it."""
    return say(TEXTS[option], language)
