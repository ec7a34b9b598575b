"""The frame of every page: menu, sign-in, corpora."""

from __future__ import annotations

from sparewheel.app.words import Table

TEXTS: Table = {
    "choose_files": ("Choose files", "选择文件"),
    "page_opening": ("The page is loading …", "页面正在载入……"),
    "nav_ask": ("Ask", "提问"),
    "nav_documents": ("Documents", "文档"),
    "nav_review": ("Review", "审阅"),
    "nav_evaluate": ("Evaluate", "评测"),
    "nav_health": ("Health", "运行状况"),
    "nav_advise": ("Advise", "选型建议"),
    "corpus": ("Corpus", "语料库"),
    "language": ("Language", "语言"),
    "signed_in": ("{name} · {role}", "{name} · {role}"),
    "role_viewer": ("viewer", "访客"),
    "role_analyst": ("analyst", "分析员"),
    "role_admin": ("administrator", "管理员"),
    "sign_in": ("Sign in", "登录"),
    "sign_in_name": ("Name", "用户名"),
    "sign_in_password": ("Password", "密码"),
    "sign_in_wrong": ("Wrong name or password.", "用户名或密码不正确。"),
    "sign_in_later": ("Too many attempts. Try again in {seconds} s.", "尝试次数过多，请在 {seconds} 秒后重试。"),
    "sign_in_elsewhere": ("The form was sent from another site. Try again here.", "表单来自其他网站，请在此重新登录。"),
    "sign_in_sso": ("Sign in with your organisation's account to go on.", "请使用单位账号登录后继续。"),
    "sign_in_nobody": (
        "{name} is signed in but has no role here. Ask an administrator to add it to page.viewers.",
        "{name} 已登录，但没有分配角色。请联系管理员将其加入 page.viewers。",
    ),
    "sign_out": ("Sign out", "退出登录"),
    "forbidden": ("Your role does not allow this: {why}", "您的角色无权执行此操作：{why}"),
    "trouble": ("This did not work: {why}", "操作未成功：{why}"),
    "sensitivity_high": ("confidential: never leaves this machine", "机密：数据不离开本机"),
    "sensitivity_normal": ("may use cloud models", "可使用云端模型"),
    "domain_legal": ("legal", "法律"),
    "domain_medical": ("medical", "医学"),
    "domain_general": ("general", "通用"),
    "no_corpora": (
        "There is no corpus you can read yet. An administrator can create one on the page Documents.",
        "尚无可用的语料库。管理员可在“文档”页面新建。",
    ),
    "no_corpora_yet": (
        "There is no corpus yet. Create one on the page Documents and upload your files.",
        "尚无语料库。请在“文档”页面新建语料库并上传文件。",
    ),
}
