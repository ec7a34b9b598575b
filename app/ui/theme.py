"""How the page looks: Streamlit's settings (colours with WCAG AA contrast on both grounds, nothing fetched from
elsewhere) and the few rules of CSS that Streamlit has no setting for."""

from __future__ import annotations

LIGHT = {
    "primaryColor": "#1b5aa0",
    "backgroundColor": "#ffffff",
    "secondaryBackgroundColor": "#f3f5f8",
    "textColor": "#1a2230",
    "linkColor": "#1b5aa0",
    "borderColor": "#c9d1db",
    "greenTextColor": "#116329",
    "redTextColor": "#a40e26",
    "orangeTextColor": "#8a3b00",
    "blueTextColor": "#0b4a91",
    "grayTextColor": "#4d5766",
    "violetTextColor": "#5a32a3",
}
DARK = {
    "primaryColor": "#2f6fba",
    "backgroundColor": "#11161d",
    "secondaryBackgroundColor": "#1b222c",
    "textColor": "#e8ecf1",
    "linkColor": "#8abaf5",
    "borderColor": "#3d4856",
    "greenTextColor": "#7ee2a0",
    "redTextColor": "#ffa5a0",
    "orangeTextColor": "#ffc387",
    "blueTextColor": "#a4cdff",
    "grayTextColor": "#b3bdca",
    "violetTextColor": "#d2b6ff",
}
FONT = (
    "'Source Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"  # the first ships with Streamlit
)

CHART = ["#2f78c4", "#cf5a1c", "#2c9159", "#9263cf", "#a3780c"]  # 3:1 against both grounds

CONFIG = {
    "browser.gatherUsageStats": False,
    "client.allowedOrigins": [],  # no other site may hold the page in a frame and talk to it
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "runner.magicEnabled": False,
    "server.fileWatcherType": "none",
    "server.headless": True,
    "server.showEmailPrompt": False,
    "theme.chartCategoricalColors": CHART,
    "theme.font": FONT,
    "theme.metricValueFontSize": "1.6rem",
    "theme.linkUnderline": True,
    "theme.showWidgetBorder": True,
    **{f"theme.light.{key}": value for key, value in LIGHT.items()},
    **{f"theme.dark.{key}": value for key, value in DARK.items()},
}

CSS = """
<style>
[class*="st-key-sw-unseen-"] { display: none; }
.block-container { padding: 1.25rem 2.25rem 3rem; max-width: 88rem; }
h1 { font-size: 1.75rem !important; padding-bottom: .25rem !important; }
h2 { font-size: 1.3rem !important; }
h3 { font-size: 1.1rem !important; }
:focus-visible { outline: 3px solid var(--st-link-color, #1b5aa0) !important; outline-offset: 2px; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {
  color: light-dark(#4d5766, #b3bdca) !important; opacity: 1 !important; }
.sw-sign-out { font: inherit; font-size: .875rem; cursor: pointer; padding: .25rem .75rem; border-radius: .5rem;
  min-height: 2.5rem; width: 100%; background: transparent; color: inherit;
  border: 1px solid light-dark(#c9d1db, #3d4856); }
.sw-sign-out:hover { border-color: light-dark(#1b5aa0, #8abaf5); }
.sw-read { max-height: 40rem; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem;
  border: 1px solid light-dark(#c9d1db, #3d4856); border-radius: .5rem; }
[data-testid="stMultiSelect"] input { min-width: 1.5rem !important; min-height: 1.5rem !important; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
@media (max-width: 768px) { .block-container { padding-top: 3.5rem; } }
@media (max-width: 640px) {
  .block-container { padding-left: 1rem; padding-right: 1rem; }
}
@media (prefers-reduced-motion: reduce) {
  * { animation-duration: .01ms !important; transition-duration: .01ms !important; }
}
</style>
"""
