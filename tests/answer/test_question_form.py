"""Which questions are answered by yes or no, which by a few words, and what is only politeness."""

import pytest

from sparewheel.rag.answer.question_form import form_of


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Could you tell me the notice period for the tenant?", "The notice period for the tenant?"),
        ("I would like to know how long the lease runs, please", "How long the lease runs?"),
        ("Do you know when rent is due?", "When rent is due?"),
        ("Would you be so kind as to tell me when rent is due?", "When rent is due?"),
    ],
)
def test_a_polite_request_is_no_yes_or_no_question(question, text):
    """It asks for what follows the courtesy."""
    asked = form_of(question, "en")
    assert (asked.text, asked.form) == (text, "detail")


@pytest.mark.parametrize(
    "question",
    [
        "May the tenant sublet?",
        "So is it allowed?",
        "can i work remotely 3 days a week?",
        "If the lift is broken for three weeks, do we pay less?",
        "I wrote to my landlord and got no reply. May I keep the dog?",
        "Can you please tell me if I can sublet?",
        "I'm pregnant, can I take it?",
        "My mother is 80 years old, may she take two?",
    ],
)
def test_yes_or_no_is_asked_for_by_the_main_clause(question):
    """Whatever stands before it."""
    assert form_of(question, "en").form == "yes-no"


@pytest.mark.parametrize(
    "question",
    [
        "Does notice have to be in writing or is e-mail enough?",
        "Is it 30 or 60 days?",
        "Is it Illyran or Sorrenian law for the supply contract?",
        "Is there a cap on liability and how much?",
        "What happens when the buyer pays late?",
        "是按月付还是按季付？",
        "什么情况下公司可以解除合同",
    ],
)
def test_a_choice_or_a_second_question_wants_more_than_yes(question):
    """Either-or, "and how much", and what-questions."""
    assert form_of(question, "zh" if "是" in question or "什" in question else "en").form != "yes-no"


@pytest.mark.parametrize(
    "question",
    ["How much notice must be given?", "Under the NDA, how long may it be kept?", "Which law governs?", "Who signs?"],
)
def test_figures_dates_and_names_are_details(question):
    """They are answered in a few words."""
    assert form_of(question, "en").form == "detail"


@pytest.mark.parametrize(
    "question", ["What may the licensee do with it?", "Why was it withdrawn?", 'Highlight the parts related to "Cap".']
)
def test_what_needs_a_clause_is_neither(question):
    """A clause or a sentence answers."""
    assert form_of(question, "en").form == "other"


@pytest.mark.parametrize(
    ("question", "text", "form"),
    [
        ("请问试用期是多久？", "试用期是多久？", "detail"),
        ("您能告诉我押金是多少吗？", "押金是多少吗？", "detail"),
        ("孕妇能不能用", "孕妇能不能用", "yes-no"),
        ("痛风正发作的时候能开始吃这个药吗？", "痛风正发作的时候能开始吃这个药吗？", "yes-no"),
        ("违约金怎么算", "违约金怎么算", "other"),
    ],
)
def test_chinese_forms(question, text, form):
    """Courtesy aside; a question word with 吗 at the end still asks for a thing."""
    asked = form_of(question, "zh")
    assert (asked.text, asked.form) == (text, form)


@pytest.mark.parametrize(
    ("question", "form"),
    [
        ("Highlight the parts of this contract related to the effective date. On what date does it begin?", "other"),
        ("Please quote the clause on how much notice is due", "other"),
        ("Can you find the section on what rent is paid?", "other"),
        ("The clause sets what period of notice?", "detail"),
    ],
)
def test_who_asks_for_clauses_gets_them_whole(question, form):
    """A request for parts of a document wants no detail of them, whatever the parts are about."""
    assert form_of(question, "en").form == form
