"""Twelve patient leaflets on one template: the name of the medicine stands in the opening only."""

from __future__ import annotations

from sparewheel.corpora import Question
from sparewheel.eval.asked.made import Fact, Made, Paper, follow_up, refusal, round_robin, shuffled, turn

_DRUGS = (
    ("Zelmivar", "zelmivastin"), ("Torbexan", "torbexaprol"), ("Torbexil", "torbexidine"), ("Quorvane", "quorvamide"), ("Lyrentol", "lyrentazole"),
    ("Hepsarin", "hepsarinol"), ("Dalvoprim", "dalvoprimine"), ("Nexarbil", "nexarbicine"), ("Ostafen", "ostafenac"), ("Pirovex", "pirovexone"),
    ("Caldimor", "caldimorine"), ("Vestranol", "vestranolide"),
)  # fmt: skip
_FOR = ("high blood pressure", "an overactive bladder", "gout", "migraine", "stomach ulcers", "hay fever", "urinary infections", "epilepsy",
        "pain in the joints", "eczema", "asthma", "a low thyroid")  # fmt: skip
_EFFECTS = ("headache", "dry mouth", "swollen ankles", "a metallic taste", "hiccups", "itchy palms", "vivid dreams", "a hoarse voice", "night sweats",
            "a stiff neck", "ringing in the ears", "brittle nails", "watery eyes", "cold fingers", "leg cramps", "a runny nose", "flushing",
            "bad breath", "chapped lips", "a slow pulse", "tingling toes", "heartburn", "yawning", "blurred vision")  # fmt: skip
_OTHERS = ("maribone", "selcotin", "fexoquine", "brandolol", "trisufan", "ambrovir", "celtazide", "rumexin", "daltoprin", "ixophane", "norvexine",
           "pelmostat")  # fmt: skip


def _paper(i: int) -> Paper:
    """Leaflet number i, 0..11."""

    def drawn(key: str, *values: object) -> str:
        return str(shuffled(values, f"leaflet-{key}")[i % len(values)])

    drug, substance = _DRUGS[i]
    start = f"{drawn('start', 1.5, 2.5, 4, 5, 7.5, 10, 12.5, 15, 20, 25, 30, 40)} mg"
    most = f"{drawn('most', 45, 50, 55, 60, 75, 80, 90, 100, 120, 125, 150, 160)} mg"
    kidney = drawn("kidney", *range(24, 48, 2))
    hours, age = drawn("missed", *range(3, 15)), drawn("age", *range(4, 16))
    store, opened = drawn("store", *range(15, 27)), drawn("opened", *range(21, 69, 4))
    drive, fertile = drawn("drive", *range(16, 40, 2)), drawn("wait", *range(2, 14))
    weeks, half_dose = drawn("weeks", *range(3, 15)), drawn("liver", 6, 8, 9, 11, 13, 14, 16, 17, 18, 19, 21, 22)
    other, effects = drawn("other", *_OTHERS), shuffled(_EFFECTS, "effects")[2 * i : 2 * i + 2]
    rows = [
        (f"{10 * n} to {10 * n + 9} kg", f"{(int(drawn('child', *range(3, 15))) + 2 * n) / 2:g} mL") for n in (1, 2, 3)
    ]
    alcohol = i % 2 == 1
    facts = {
        "start": Fact("the starting dose", start, f"The usual starting dose is {start} once a day",
                      "i've just been given {name}, how much do i take to begin with?"),
        "most": Fact("the highest daily dose", most, f"Do not take more than {most} in one day",
                     "what's the absolute max of {name} per day?"),
        "liver": Fact("the dose in liver disease", f"{half_dose} mg", f"In liver disease the dose is {half_dose} mg a day",
                      "my liver is not good. how much {name} then?"),
        "kidney": Fact("the kidney function below which it must not be taken", f"{kidney} mL/min",
                       f"must not be taken if your kidney function is below {kidney} mL/min",
                       "how bad do kidneys have to be before {name} is a no-go?"),
        "missed": Fact("the time within which a missed dose may still be taken", f"{hours} hours",
                       f"take it if no more than {hours} hours have passed",
                       "forgot my {name} this morning, how many hours late can i still swallow it?"),
        "age": Fact("the youngest age", f"{age} years", f"is not for children under {age} years of age",
                    "from what age can kids have {name}?"),
        "store": Fact("the storage temperature", f"below {store} °C", f"Store below {store} °C",
                      "how warm may {name} get in my bathroom cabinet?", (f"{store} °C",)),
        "opened": Fact("the shelf life after opening", f"{opened} days", f"Once opened, use within {opened} days",
                       "opened a bottle of {name} a while ago. for how many days is it good?"),
        "drive": Fact("the time without driving after the first dose", f"{drive} hours",
                      f"Do not drive for {drive} hours after the first dose",
                      "took {name} for the first time, when can i get in the car again?"),
        "wait": Fact("the time to wait between stopping it and breast-feeding", f"{fertile} days",
                     f"wait {fertile} days after the last dose before you breast-feed",
                     "i'm nursing. how long after the last {name} until the baby can drink?"),
        "weeks": Fact("the longest time of treatment without a check", f"{weeks} weeks",
                      f"Do not use it for more than {weeks} weeks without seeing your doctor",
                      "how long can i keep taking {name} before i have to go back to the doctor?"),
        "other": Fact("the medicine that it must not be combined with", other, f"You must not take it together with {other}",
                      "anything i mustn't mix with {name}?"),
    }  # fmt: skip
    table = "".join(f"<tr><td>{weight}</td><td>{dose}</td></tr>\n" for weight, dose in rows)
    text = _TEXT.format(
        drug=drug, substance=substance, use=_FOR[i], f={key: fact.sentence for key, fact in facts.items()}, table=table,
        effects=" and ".join(effects),
        alcohol="You may drink a small amount of alcohol during treatment." if alcohol
        else "You must not drink alcohol during treatment.",
        pregnancy="" if i % 3 == 1 else "<p>It must not be taken during pregnancy.</p>\n",
    )  # fmt: skip
    facts["child"] = Fact(
        "the single dose for a child of 24 kg", rows[1][1], "", "my girl weighs 24 kilos, how much {name} syrup?"
    )
    facts["effects"] = Fact("the very common side effects", " and ".join(effects), f"Very common: {' and '.join(effects)}",
                            "what will {name} most likely do to me, side effect wise?")  # fmt: skip
    return Paper(f"pil_{(i * 29) % 90 + 10}.html", text, (drug, drug, f"{drug} ({substance})", drug.lower()), facts)


_TEXT = """<html><body>
<h1>Package leaflet: information for the patient</h1>
<p><b>{drug}</b> film-coated tablets and syrup, active substance {substance}</p>
<p>Read all of this leaflet carefully before you start taking this medicine. Keep it; you may need to read it again. If you have
any further questions, ask your doctor or pharmacist.</p>
<h2>1. What this medicine is and what it is used for</h2>
<p>This medicine is used to treat {use}. It is available on prescription only.</p>
<h2>2. What you need to know before you take it</h2>
<p>This medicine {f[kidney]}, or if you are allergic to any of its ingredients. It {f[age]}.</p>
<p>{f[other]}, as this may lead to dangerous changes of the heartbeat. Tell your doctor about all other medicines that you take.</p>
<p>{alcohol}</p>
{pregnancy}<p>If you wish to breast-feed, {f[wait]}.</p>
<p>{f[drive]}, because it may make you dizzy.</p>
<h2>3. How to take it</h2>
<p>{f[start]}, with a glass of water, at the same time each day. Your doctor may raise it slowly. {f[most]}. {f[liver]}.</p>
<p>For children the syrup is dosed by body weight:</p>
<table>
<tr><th>Body weight</th><th>Single dose of syrup</th></tr>
{table}</table>
<p>{f[weeks]}.</p>
<p>If you forget a dose, {f[missed]}; otherwise leave it out. Do not take a double dose.</p>
<h2>4. Possible side effects</h2>
<p>Like all medicines, this medicine can cause side effects, although not everybody gets them.</p>
<p>Very common: {effects}. These often go away after the first days.</p>
<p>Stop taking it and see a doctor at once if your face or throat swells.</p>
<h2>5. How to store it</h2>
<p>{f[store]}, out of the reach of children. {f[opened]}. Do not use it after the date on the carton.</p>
</body></html>
"""


def make() -> Made:
    """The leaflets and the questions on them."""
    papers = [_paper(i) for i in range(12)]
    usual = [
        Paper(p.file, p.text, p.names, {k: f for k, f in p.facts.items() if k not in ("child", "effects", "other")})
        for p in papers
    ]
    return Made({p.file: p.text for p in papers}, [*round_robin(usual, 3, "leaflet", "en"), *_others(papers)], usual)


def _others(papers: list[Paper]) -> list[Question]:
    """Tables, lists, yes and no, follow-ups, absent names and effects, and questions about the collection."""
    found: list[Question] = []
    for n, i in enumerate((0, 3, 6, 9)):
        paper, dose = papers[i], papers[i].facts["child"]
        text = (
            f"What is the single dose of {paper.names[0]} syrup for a child who weighs 24 kg?",
            dose.lay.format(name=paper.names[0]),
        )[n % 2]
        found.append(Question(f"leaflet/table-{n}", text, (dose.value,), paper.file, category="table"))
    for n, i in enumerate((1, 4, 7, 10)):
        paper, effects = papers[i], papers[i].facts["effects"]
        text = (f"List the very common side effects of {paper.names[0]}.", effects.lay.format(name=paper.names[0]))[
            n % 2
        ]
        found.append(Question(f"leaflet/effects-{n}", text, parts=tuple(effects.value.split(" and ")), documents=(paper.file,),
                              category="list"))  # fmt: skip
    for n, i in enumerate((2, 5, 8, 11)):
        paper, allowed = papers[i], "You may drink" in papers[i].text
        sentence = f"You {'may drink a small amount of' if allowed else 'must not drink'} alcohol during treatment."
        text = (
            f"Can I have a glass of wine while I'm on {paper.names[0]}?",
            f"is alcohol ok with {paper.names[0].lower()}",
        )[n % 2]
        found.append(Question(f"leaflet/alcohol-{n}", text, (sentence,), paper.file, label="yes" if allowed else "no",
                              category="yes_no", evidence=sentence))  # fmt: skip
    for n, key in enumerate(("missed", "most", "store", "age", "drive", "start")):
        a, b = papers[2 * n], papers[(2 * n + 5) % 12]
        said = ("And {}?", "What about {}?", "and for {}", "How about {} then?")[n % 4].format(b.names[0])
        found.append(follow_up(f"leaflet/follow-other-{n}", said, b, key, (turn(a, key, "en"),), "en"))
    for n, (i, before, key) in enumerate(
        [(1, "start", "most"), (4, "missed", "opened"), (8, "age", "drive"), (10, "store", "wait")]
    ):
        said = ("And {}?", "and what is {}?")[n % 2].format(papers[i].facts[key].noun)
        found.append(
            follow_up(f"leaflet/follow-same-{n}", said, papers[i], key, (turn(papers[i], before, "en"),), "en")
        )
    for n, name in enumerate(("Zoltrapen", "Mirovastat", "Plenodil", "Hyxaril", "Brontacet")):
        noun = papers[0].facts[("start", "most", "store", "missed", "age")[n]].noun
        text = (f"What is {noun} of {name}?", f"my doctor put me on {name}, what is {noun}?")[n % 2]
        found.append(refusal(f"leaflet/absent-name-{n}", text, "absent_name", "en"))
    for n, i in enumerate((1, 4, 7)):
        found.append(
            refusal(
                f"leaflet/absent-pregnancy-{n}", f"Is {papers[i].names[0]} safe in pregnancy?", "absent_clause", "en"
            )
        )
    for n, what in enumerate(
        ("cause hair loss", "contain lactose", "cost more than the generic", "help against snoring")
    ):
        found.append(
            refusal(f"leaflet/absent-{n}", f"Does {papers[2 * n + 1].names[0]} {what}?", "absent_clause", "en")
        )
    for n in range(2):
        text = ("how much of this medicine do i start with?", "What is the storage temperature of this medicine?")[n]
        found.append(Question(f"leaflet/ambiguous-{n}", text, answerable=False, category="ambiguous"))
    for n, other in enumerate((papers[3].facts["other"].value, papers[8].facts["other"].value)):
        files = tuple(p.file for p in papers if p.facts["other"].value == other)
        found.append(Question(f"leaflet/which-{n}", f"Which of these medicines must not be combined with {other}?", documents=files,
                              category="corpus"))  # fmt: skip
    found.append(Question("leaflet/how-many-0", "How many leaflets are in here?", ("12",), category="corpus"))
    for n, (i, key, said) in enumerate(
        [(0, "most", "一天最多能吃多少"), (5, "missed", "漏服后几小时内可以补服"), (9, "age", "多大的孩子可以用")]
    ):
        found.append(
            follow_up(f"leaflet/cross-{n}", f"{papers[i].names[0]}{said}？", papers[i], key, (), "zh", "cross_language")
        )
    for n, text in enumerate(
        ("thanks, that was helpful", "Do you think I should trust my doctor?", "What's the weather like tomorrow?")
    ):
        found.append(refusal(f"leaflet/talk-{n}", text, "talk", "en"))
    return found
