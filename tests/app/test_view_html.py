"""No text of a document or a model becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from sparewheel.app import view
from sparewheel.app.view import html as view_html

HOSTILE = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</div><iframe src='//evil'>", "&lt;b&gt;", "$x^2$",
    "$$\\int$$", "[click](javascript:alert(1))", "![i](http://evil/p.png)", '" onmouseover="alert(1)', "**bold**",
    "# heading", "<!-- ", "]]>", "[1]", "[?]", ":red[x]", "`code`", "<style>*{display:none}</style>", "\u202egnp.exe",
)  # fmt: skip
texts = st.lists(st.one_of(st.text(), st.sampled_from(HOSTILE)), max_size=6).map("".join)


class Read(HTMLParser):
    """What a browser would make of it: the elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.other = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other += 1

    def handle_decl(self, decl: str) -> None:
        self.other += 1

    def handle_pi(self, data: str) -> None:
        self.other += 1


def visible(text: str) -> str:
    return view_html._CONTROL.sub(" ", text)


@given(texts, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 9)), max_size=4))
@example("<script>alert(1)</script>", [(0, 8, 1)])
def test_a_passage_is_shown_letter_by_letter(text: str, spans: list[tuple[int, int, int]]) -> None:
    """The only elements are ours, and the text that a browser shows is the passage."""
    read = Read(view_html.passage(view.segments(text, spans)))
    assert {tag for tag, _ in read.elements} <= {"div", "mark"}
    assert (read.text, read.other) == (visible(text), 0)
    assert all(set(attributes) <= {"class", "lang"} for _, attributes in read.elements)


@given(texts, st.sets(st.integers(1, 12)), st.booleans())
def test_an_answer_holds_no_markup_but_ours(text: str, known: set[int], written: bool) -> None:
    """Links lead to our own citations only; of a chat model's Markdown only bold is honoured."""
    read = Read(view_html.answer(text, "en", "c1", known, written=written))
    assert {tag for tag, _ in read.elements} <= {"div", "a", "abbr"} | ({"strong"} if written else set())
    links = {attributes["href"] for tag, attributes in read.elements if tag == "a"}
    assert links <= {f"#c1-{n}" for n in known}
    assert read.other == 0
    if not written:
        shown = visible(text)
        for n in known:
            shown = shown.replace(f"[{n}]", str(n))
        assert read.text == shown


def test_a_marker_leads_to_its_card() -> None:
    """[2] is a link with a name that is read aloud; a number without a card stays text."""
    made = view_html.answer("So [2], but [7].", "en", "t3", [2])
    assert '<a class="sw-cite" href="#t3-2" target="_self" aria-label="Citation 2">2</a>, but [7].' in made


def test_bold_of_a_written_answer() -> None:
    """A chat model's **words** are bold; in a quote the stars stay."""
    assert "<strong>900</strong> euros" in view_html.answer("**900** euros", "en", "a", written=True)
    assert "**900** euros" in view_html.answer("**900** euros", "en", "a")


def test_what_turns_text_round_is_taken_out() -> None:
    """A file called "invoice\\u202efdp.exe" cannot pose as a PDF."""
    assert view_html.escape("a\u202eb\x00c\nd") == "a b c\nd"


def test_the_language_is_marked_for_fonts_and_screen_readers() -> None:
    """By what the text is, whatever the page's language."""
    assert 'lang="zh-CN"' in view_html.answer("租金为每月900欧元", "en", "a")
