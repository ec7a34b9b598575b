"""Strict measures: order, width and case never matter; a changed digit, sign, unit or negation always does."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sparewheel.eval.measures import exact_match
from sparewheel.eval.quantities import quantities
from sparewheel.eval.strict import agrees, contains, focus, numbers_right, polarity_right, strict_f1, words

DIFFERENT = [
    ("1.5 mg", "15 mg"),
    ("12.5%", "125%"),
    ("$1.50", "$150"),
    ("-20 °C", "20 °C"),
    ("1-2 tablets", "12 tablets"),
    ("10.1", "101"),
    ("Section 1.1", "Section 11"),
    ("1.5毫克", "15毫克"),
    ("第1.2条", "第12条"),
    ("<5", ">5"),
    ("5:1", "51"),
    ("5 mg", "5 µg"),
    ("5 mg/kg", "5 mg"),
    ("30 days", "30 business days"),
    ("EUR 40,000", "USD 40,000"),
    ("§ 5", "§ 15"),
    ("3 May 2026", "3 June 2026"),
    ("二〇二六年五月三日", "2026年5月13日"),
    ("at least 30 days", "no more than 30 days"),
    ("10⁹", "109"),
    ("三十日", "十三日"),
    ("<5", "5"),
    ("1.5 to 3 mg", "15 to 3 mg"),
    ("零下20摄氏度", "20摄氏度"),
]
ALIKE = [
    ("the “Client”", "the Client"),
    ("Client's", "Client’s"),
    ("１２ months", "12 months"),
    ("1.5毫克", "1.5 mg"),
    ("eighteen (18) months", "18 months"),
    ("三十（30）日", "30 days"),
    ("百分之十二点五", "12.5 %"),
    ("US$1.5 million", "1,500,000 dollars"),
    ("3 May 2026", "May 3, 2026"),
    ("2026-05-03", "二〇二六年五月三日"),
    ("5 mg daily", "5 mg a day"),
    ("３万元", "30,000 yuan"),
    ("clause 4.2(b)", "Section 4.2(b)"),
    ("第十二条", "第12条"),
    ("1.0 mg", "1 mg"),
    ("twenty-five days", "25-day"),
]


@pytest.mark.parametrize(("said", "wanted"), DIFFERENT)
def test_other_figures_are_never_right(said: str, wanted: str) -> None:
    """Neither by their numbers nor at all, and not the other way round."""
    assert (numbers_right(said, wanted), agrees(said, [wanted]), agrees(wanted, [said])) == (0.0, False, False)


@pytest.mark.parametrize(("said", "wanted"), ALIKE)
def test_the_same_figure_in_another_spelling_is_right(said: str, wanted: str) -> None:
    """Width, quotation marks, number words, languages and ways to write a date fold."""
    assert (numbers_right(said, wanted), numbers_right(wanted, said), strict_f1(said, wanted)) == (1.0, 1.0, 1.0)


PAIRS = [
    line.split("\t")
    for line in Path(__file__).with_name("answer_pairs.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


@pytest.mark.parametrize(("said", "wanted", "figures", "right"), PAIRS, ids=[f"{a} / {b}" for a, b, *_ in PAIRS])
def test_what_a_lawyer_or_a_doctor_would_say(said: str, wanted: str, figures: str, right: str) -> None:
    """Doses, bounds, money, clauses, dates, how often, ratios, polarity, names; in both languages."""
    assert (f"{numbers_right(said, wanted):.0f}", str(int(agrees(said, [wanted])))) == (figures, right)


DAYS = st.dates(date(1950, 1, 1), date(2049, 12, 31))


@given(DAYS, st.integers(1, 400))
def test_a_date_is_the_same_however_it_is_written_and_another_day_never_is(day: date, later: int) -> None:
    """English long and short, ISO, German, Chinese in digits."""

    def written(day: date) -> list[str]:
        return [
            f"{day:%d %B %Y}",
            f"{day:%B} {day.day}, {day.year}",
            f"{day.day}-{day:%b}-{day.year}",
            day.isoformat(),
            f"{day:%d.%m.%Y}",
            f"{day.year}年{day.month}月{day.day}日",
        ]

    other = written(day + timedelta(later))
    for wanted in written(day):
        assert [numbers_right(f"on {said} at the latest", wanted) for said in written(day)] == [1.0] * 6
        assert [agrees(said, [wanted]) for said in other] == [False] * 6


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from(["day", "week", "month"]))
def test_how_often_is_always_seen(dose: int, often: int, period: str) -> None:
    """ "5 mg twice daily" is not 5 mg a day, nor three times, nor a week."""
    wanted = f"{dose} mg {often + 1} times a {period}"
    others = [f"{dose} mg {often + 2} times a {period}", f"{dose} mg a {period}", f"{dose} mg {often + 1} times a year"]
    assert [numbers_right(said, wanted) for said in (wanted, *others)] == [1.0, 0.0, 0.0, 0.0]


@given(st.integers(1, 999), st.sampled_from([("kg", "g"), ("g", "mg"), ("mg", "µg"), ("l", "ml"), ("千克", "克")]))
def test_a_unit_may_be_another_of_its_kind_where_the_amount_is_the_same(amount: int, units: tuple[str, str]) -> None:
    """1 g is 1000 mg and nothing else of mg."""
    large, small = units
    assert numbers_right(f"{1000 * amount} {small}", f"{amount} {large}") == 1.0
    assert numbers_right(f"{amount} {small}", f"{amount} {large}") == 0.0


FIGURES = st.tuples(
    st.integers(0, 9999),
    st.integers(0, 9),
    st.sampled_from(["mg", "µg", "ml", "days", "months", "%", "毫克", "元", "年"]),
)
TEXTS = st.lists(
    st.sampled_from(["The", "Tenant", "may", "pay", "rent", "each", "period", "承租人", "应当", "支付", "租金", "，"]),
    min_size=1,
    max_size=8,
)


@given(TEXTS, FIGURES, st.data())
def test_a_changed_digit_sign_or_unit_is_always_seen(
    text: list[str], figure: tuple[int, int, str], data: st.DataObject
) -> None:
    """Wherever in a sentence of either language."""
    whole, after, unit = figure
    at = data.draw(st.integers(0, len(text)))

    def sentence(figure: str) -> str:
        return " ".join((*text[:at], figure, *text[at:]))

    right = sentence(f"{whole}.{after} {unit}")
    others = [
        f"{whole + 1}.{after} {unit}",
        f"{whole}.{(after + 1) % 10} {unit}",
        f"-{whole}.{after} {unit}",
        f"{whole}{after}.5 {unit}",
        f"{whole}.{after} {'kg' if unit != 'kg' else 'g'}",
        f"<{whole}.{after} {unit}",
    ]
    assert agrees(right, [right])
    assert [agrees(sentence(other), [right]) for other in others] == [False] * len(others)


@given(TEXTS, FIGURES)
def test_order_width_and_case_never_matter_to_the_figures(text: list[str], figure: tuple[int, int, str]) -> None:
    """Full-width digits and letters, capitals, and the words turned round: the same score."""
    whole, after, unit = figure
    said = f"{' '.join(text)} {whole}.{after} {unit}"
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in said)
    assume(unicodedata.normalize("NFKC", wide) == unicodedata.normalize("NFKC", said))
    turned = " ".join([f"{whole}.{after} {unit}", *reversed(text)])
    for other in (wide, said.upper().replace("MG", "mg").replace("ML", "ml").replace("ΜG", "µg"), turned):
        assert (strict_f1(other, said), numbers_right(other, said)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("The Tenant may assign this lease", "The Tenant may not assign this lease"),
        ("Corvasil can be taken with food", "Corvasil cannot be taken with food"),
        ("the deposit is refundable", "the deposit isn't refundable"),
        ("承租人可以转租房屋", "承租人不可以转租房屋"),
        ("孕妇可以使用本品", "孕妇禁止使用本品"),
        ("any party has consented", "no party has consented"),
    ],
)
def test_a_negation_always_matters(text: str, denied: str) -> None:
    """Beside any other words, whichever of the two is the reference."""
    for before, after in (("", ""), ("Under clause 4, ", ", unless agreed otherwise."), ("根据约定，", "。")):
        assert agrees(before + text + after, [text])
        assert not agrees(before + denied + after, [text])
        assert not agrees(before + text + after, [denied])


def test_a_bound_is_no_negation() -> None:
    """ "No more than" and 不超过 deny nothing."""
    assert (
        polarity_right("for no more than 30 days", "up to 30 days") == polarity_right("不超过30日", "至多30日") == 1.0
    )


def test_contained_with_its_share() -> None:
    """4 of the answer's 5 words; not contained has no share."""
    assert words("the laws of the State of Connecticut") == ["laws", "of", "state", "of", "connecticut"]
    assert focus("laws of the State of Connecticut.", "of the State of Connecticut") == 4 / 5
    assert (contains("State of New York", "State of Connecticut"), focus("New York", "Connecticut")) == (0.0, 0.0)


def test_two_references_may_be_joined() -> None:
    """An answer that quotes both gold spans is as right as one of them."""
    spans = ["if the other party is insolvent", "if rent is unpaid for a month"]
    assert agrees("if the other party becomes insolvent; if rent stays unpaid for a month", spans)


def test_a_whole_document_is_no_answer() -> None:
    """It holds the reference, and answers nothing."""
    assert not agrees("word " * 400 + "Connecticut", ["Connecticut"])


def test_squad_calls_a_tenfold_dose_exact() -> None:
    """Why the strict measures stand beside SQuAD's: docs/evaluation.md says so."""
    assert (exact_match("1.5 mg", "15 mg"), strict_f1("1.5 mg", "15 mg")) == (1.0, 0.0)


def test_a_figure_is_found_with_all_that_belongs_to_it() -> None:
    """Relation, unit and rate; identifiers are no figures."""
    found = [
        (q.value, q.unit, q.per, q.relation) for q in quantities("at most 2.5 mg/kg, never B12; 不少于十五个工作日")
    ]
    assert found == [("2.5", "mg", "kg", "≤"), ("15", "business day", "", "≥")]
