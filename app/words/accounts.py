"""Wordings of the page Accounts."""

from __future__ import annotations

from sparewheel.app.words import Table

TEXTS: Table = {
    "nav_accounts": ("Accounts", "账户"),
    "acc_intro": (
        "Who can sign in, and which keys programs use. Accounts are made with: sparewheel users add NAME",
        "谁可以登录，以及程序使用哪些密钥。创建账户的命令：sparewheel users add 用户名",
    ),
    "acc_none": ("No accounts yet: only this machine can ask.", "尚无账户：只有本机可以提问。"),
    "acc_people": ("People", "用户"),
    "acc_name": ("Name", "名称"),
    "acc_role": ("Role", "角色"),
    "acc_groups": ("Groups", "组"),
    "acc_password": ("Password", "密码"),
    "acc_yes": ("yes", "有"),
    "acc_keys": ("Keys", "密钥"),
    "acc_no_keys": ("No keys yet.", "尚无密钥。"),
    "acc_key": ("Begins with", "开头"),
    "acc_label": ("Note", "备注"),
    "acc_for": ("May be used for", "可用于"),
    "acc_corpora": ("Corpora", "语料库"),
    "acc_all": ("all", "全部"),
    "acc_created": ("Made", "创建"),
    "acc_expires": ("Valid until", "有效期至"),
    "acc_used": ("Last used", "最近使用"),
    "acc_new": ("New key", "新建密钥"),
    "acc_days": ("Valid for days (0: without end)", "有效天数（0 为不限）"),
    "acc_make": ("Make the key", "创建密钥"),
    "acc_made": (
        "Copy the key now, it is not shown again:",
        "请立即复制密钥，之后不再显示：",
    ),
    "acc_withdraw": ("Withdraw a key", "撤销密钥"),
    "acc_withdraw_do": ("Withdraw", "撤销"),
    "acc_withdrawn": ("The key {prefix} is withdrawn.", "密钥 {prefix} 已撤销。"),
    "acc_scope_ask": ("asking", "提问"),
    "acc_scope_read": ("reading documents", "读取文档"),
    "acc_scope_write": ("bringing documents in and out", "导入和删除文档"),
    "acc_scope_admin": ("managing corpora", "管理语料库"),
}
