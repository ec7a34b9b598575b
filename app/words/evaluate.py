"""Wordings of the page Evaluate."""

from __future__ import annotations

from sparewheel.app.words import Table

TEXTS: Table = {
    "eval_intro": (
        "Ask many questions with known answers, and see how good the answers are, with intervals.",
        "批量提问已知答案的问题，查看回答质量及置信区间。",
    ),
    "eval_new": ("New run", "新建评测"),
    "eval_what": ("Questions", "问题来源"),
    "eval_suite": ("A suite", "内置题集"),
    "eval_file": ("My own file", "我的文件"),
    "eval_which": ("Suite", "题集"),
    "eval_upload": ("Questions: .xlsx, .csv, .jsonl or .json", "问题文件（.xlsx、.csv、.jsonl 或 .json）"),
    "eval_upload_help": (
        "One question a line; the field question must be there, answers lets it be scored.",
        "每行一个问题；必须有 question 字段，提供 answers 字段才能评分。",
    ),
    "eval_limit": ("Questions per corpus at most; 0: all", "每个语料库最多提问数（0 表示全部）"),
    "eval_local": ("Only the reader on this machine", "仅使用本机阅读器"),
    "eval_start": ("Start", "开始"),
    "eval_needs_file": ("Choose a file of questions first.", "请先选择问题文件。"),
    "eval_runs": ("Runs", "评测记录"),
    "eval_none": ("No run yet.", "尚无评测。"),
    "eval_run": ("Run", "评测"),
    "eval_state_preparing": ("indexing the documents", "正在索引文档"),
    "eval_state_running": ("running", "进行中"),
    "eval_state_stopped": ("stopped", "已停止"),
    "eval_state_failed": ("failed", "失败"),
    "eval_state_done": ("done", "完成"),
    "eval_progress": ("{name}: {state}, {done} of {total} questions", "{name}：{state}，{done} / {total} 题"),
    "eval_failed": ("{name} ended: {why}", "{name} 已中止：{why}"),
    "eval_stop": ("Stop", "停止"),
    "eval_continue": ("Resume", "继续"),
    "eval_report": ("Report", "报告"),
    "eval_measure": ("Measure", "指标"),
    "eval_value": ("Value", "数值"),
    "eval_low": ("95 % from", "95% 下限"),
    "eval_high": ("to", "上限"),
    "eval_n": ("Questions", "题数"),
    "eval_times": (
        "{questions} questions; median {p50:.2f} s, p99 {p99:.2f} s; {cost:.4f} US dollars",
        "共 {questions} 题；中位 {p50:.2f} 秒，p99 {p99:.2f} 秒；费用 {cost:.4f} 美元",
    ),
    "eval_measures": ("Measures with 95 % intervals", "各项指标与 95% 置信区间"),
    "eval_plots": ("Plots", "图表"),
    "eval_html": ("Download the report (HTML)", "下载报告（HTML）"),
    "eval_json": ("Download the figures (JSON)", "下载数据（JSON）"),
    "eval_compare": ("Compare two runs", "比较两次评测"),
    "eval_first": ("A", "A"),
    "eval_second": ("B", "B"),
    "eval_difference": ("B - A", "B - A"),
    "eval_p": ("p", "p 值"),
    "eval_p_help": (
        "The probability of a difference this large by chance alone; below 0.05 chance is unlikely.",
        "仅由偶然造成同样大差异的概率；低于 0.05 时很难归于偶然。",
    ),
    "eval_better": ("{count} measures are better in B, {worse} worse, beyond chance (p < 0.05).",
                    "B 有 {count} 项显著更好，{worse} 项显著更差（p < 0.05）。"),
    "eval_few": ("You need two runs to compare.", "需要两次评测才能比较。"),
}  # fmt: skip
