"""Style and behaviour of answers and evidence. The script is ours alone: no text of a document ever comes near it."""

from __future__ import annotations

STYLE = """
<style>
[data-testid="stBottomBlockContainer"] { padding: 1rem 2.25rem 1.25rem; }
[class*="st-key-actions-"] { gap: .25rem !important; }
[class*="st-key-actions-"] [data-testid="stButtonGroup"] button { padding: .25rem; min-width: 2rem; }
[class*="st-key-actions-"] button { padding-left: .6rem; padding-right: .6rem; }
[class*="st-key-open-"] button, [class*="st-key-open-"] button * { justify-content: flex-start; text-align: left; }
[class*="st-key-example-"] button * { text-align: left; }
[class*="st-key-open-"] button p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; max-width: 13rem; }
.sw-answer, .sw-passage, .sw-quote { white-space: pre-wrap; overflow-wrap: anywhere; }
.sw-answer { font-size: 1.08rem; line-height: 1.6; margin: .25rem 0; }
[data-testid="stChatMessage"] > [data-testid^="stChatMessageAvatar"] { display: none; }
[data-testid="stChatMessage"]:has(.sw-badge, .sw-steps, .sw-from) { padding-left: 0; padding-right: 0; }
.sw-asked { scroll-margin-top: 5rem; font-weight: 600; white-space: pre-wrap; overflow-wrap: anywhere; }
.sw-passage { line-height: 1.55; font-size: .94rem; padding: .1rem .2rem; }
.sw-passage mark {
  background: light-dark(#ffe27a, #6b5200); color: inherit; padding: .1em .12em; border-radius: .2em;
  border-bottom: 2px solid light-dark(#8a5a00, #ffd24a);
}
.sw-cite {
  display: inline-block; min-width: 1.7em; padding: 0 .35em; border-radius: .4em;
  text-align: center; text-decoration: none !important; font-size: .82em; font-weight: 600; line-height: 1.7;
  background: light-dark(#dbe8f7, #1f3a5c); color: light-dark(#0b3f7d, #cfe3ff) !important;
}
.sw-cite:hover { text-decoration: underline !important; }
.sw-unsupported { color: light-dark(#8a3b00, #ffc387); font-weight: 600; text-decoration: none; }
.sw-row { display: flex; flex-wrap: wrap; gap: .35rem .6rem; align-items: center; margin: .1rem 0 .35rem; }
.sw-badge {
  font-weight: 600; font-size: .88rem; padding: .12rem .6rem; border-radius: 1rem; border: 1px solid currentColor;
}
.sw-first { color: light-dark(#116329, #7ee2a0); }
.sw-fallback { color: light-dark(#8a3b00, #ffc387); }
.sw-quiet { color: light-dark(#4d5766, #b3bdca); }
.sw-bad { color: light-dark(#a40e26, #ffa5a0); }
.sw-fact, .sw-place, .sw-score { font-size: .88rem; color: light-dark(#4d5766, #b3bdca); }
.sw-place { margin: .1rem 0 .4rem; }
.sw-from { margin: .2rem 0; font-size: .92rem; font-weight: 600; overflow-wrap: anywhere; }
.sw-note { font-size: .9rem; color: light-dark(#8a3b00, #ffc387); margin: .3rem 0; }
.sw-why { font-size: .88rem; margin-top: .4rem; }
.sw-why summary, .sw-other summary { cursor: pointer; }
.sw-why ul { margin: .3rem 0 .2rem; padding-left: 1.2rem; }
.sw-why li { font-size: .88rem; }
.sw-card { scroll-margin-top: 1rem; border-radius: .4rem; }
.sw-card:target, .sw-card.sw-here, .sw-sources li:target, .sw-sources li.sw-here {
  outline: 3px solid light-dark(#1b5aa0, #8abaf5) !important; outline-offset: .4rem;
}
.sw-title { font-size: 1rem; font-weight: 600; margin: 0; }
.sw-other { border-top: 1px solid light-dark(#c9d1db, #3d4856); padding: .4rem 0; }
.sw-other summary { font-weight: 600; }
.sw-other summary span { font-weight: 400; }
.sw-other summary .sw-score { white-space: nowrap; margin-left: .4rem; }
.sw-fold > summary { font-weight: 400; }
.sw-sources { list-style: none; padding: 0 !important; margin: .2rem 0 !important; }
.sw-sources li {
  font-size: .92rem; margin: .3rem 0 !important; padding: 0 !important; overflow-wrap: anywhere;
  scroll-margin-top: 5rem;
}
.sw-refused {
  border: 1px solid light-dark(#c9d1db, #3d4856); border-left: 4px solid light-dark(#8a3b00, #ffc387);
  border-radius: .4rem; padding: .6rem .9rem;
}
.sw-steps { font-size: .92rem; color: light-dark(#4d5766, #b3bdca); min-height: 1.5em; }
.sw-steps::before {
  content: ""; display: inline-block; width: .7em; height: .7em; margin-right: .5em; border-radius: 50%;
  border: 2px solid currentColor; border-top-color: transparent; animation: sw-turn .8s linear infinite;
}
@keyframes sw-turn { to { transform: rotate(360deg); } }
.sw-halted { display: none; }
[data-test-script-state="notRunning"] .sw-steps, [data-test-script-state="stopped"] .sw-steps { display: none; }
[data-test-script-state="notRunning"] .sw-halted, [data-test-script-state="stopped"] .sw-halted { display: block; }
.sw-copy {
  font: inherit; font-size: .875rem; cursor: pointer; padding: .25rem .75rem; border-radius: .5rem; min-height: 2.5rem;
  background: transparent; color: inherit; border: 1px solid light-dark(#c9d1db, #3d4856);
}
.sw-copy:hover { border-color: light-dark(#1b5aa0, #8abaf5); }
.sw-source { position: absolute; left: -9999px; width: 1px; height: 1px; overflow: hidden; white-space: pre-wrap; }
[data-testid="stChatInputTextArea"]:focus-visible { outline: none !important; }
[data-testid="stChatInput"]:focus-within > div { outline: 2px solid light-dark(#1b5aa0, #8abaf5); }
@media (min-width: 900px) {
  [data-testid="stColumn"]:has(.st-key-evidence) > [data-testid="stVerticalBlock"] {
    position: sticky; top: 3.75rem; height: fit-content;
  }
  .st-key-evidence { max-height: calc(100vh - 11rem); overflow-y: auto; padding: .25rem .5rem; }
}
@media (max-width: 640px) {
  [data-testid="stBottomBlockContainer"] { padding-left: 1rem; padding-right: 1rem; }
}
</style>
"""

SCRIPT = """
<script>
if (!window.sparewheelAsk) {
  window.sparewheelAsk = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".sw-copy");
    if (button) {
      const text = document.getElementById(button.dataset.source).textContent;
      const done = () => { const said = button.textContent; button.textContent = button.dataset.done;
        setTimeout(() => { button.textContent = said; }, 1500); };
      if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done); return; }
      const area = document.createElement("textarea");
      area.value = text; document.body.append(area); area.select(); document.execCommand("copy"); area.remove();
      button.focus(); done();
      return;
    }
    const link = event.target.closest("a.sw-cite");
    const card = link && document.getElementById(link.hash.slice(1));
    if (!card) return;
    event.preventDefault();
    for (const box of document.querySelectorAll(".sw-here")) box.classList.remove("sw-here");
    for (let up = card.parentElement; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card.classList.add("sw-here");
    card.scrollIntoView({ behavior: calm ? "auto" : "smooth", block: "nearest" });
    card.focus({ preventScroll: true });
  });
  // On a narrow screen the evidence stands below the answer: when it has come, the question is what to look at.
  const asked = () => document.querySelectorAll(".sw-asked");
  const app = document.querySelector('[data-testid="stApp"]');
  let seen = asked().length;
  const look = () => {
    const questions = asked();
    if (app.dataset.testScriptState !== "notRunning") return;
    if (questions.length === seen + 1 && innerWidth < 900) questions[seen].scrollIntoView({ block: "start" });
    seen = questions.length;
  };
  new MutationObserver(() => setTimeout(look, 400)).observe(app, {  // after Streamlit's own scrolling to the end
    attributes: true, attributeFilter: ["data-test-script-state"],
  });
  // Streamlit goes to the end of a page with a question box; where nothing was asked, its top is what to look at.
  const top = setInterval(() => { if (!asked().length) document.querySelector(".stMain").scrollTo(0, 0); }, 200);
  const leave = () => clearInterval(top);
  for (const kind of ["pointerdown", "wheel", "keydown"]) addEventListener(kind, leave, { once: true, passive: true });
  setTimeout(leave, 5000);
}
</script>
"""
