"""Twenty non-disclosure agreements on one template: the parties stand in the opening only."""

from __future__ import annotations

from sparewheel.corpora import Question
from sparewheel.eval.asked.made import Fact, Made, Paper, follow_up, refusal, round_robin, shuffled, turn

_PAIRS = (
    ("Arvendale Robotics GmbH", "Quillmere Foods Limited"), ("Bexhollow Optics AG", "Tarnwick Marine plc"),
    ("Calderfen Biologics Inc.", "Ostrander Glass LLC"), ("Dunmarrow Energy SA", "Pellworth Textiles BV"),
    ("Elstergate Software Ltd", "Hollinbrook Rail Corporation"), ("Fenwarren Ceramics KG", "Juniperus Data Oy"),
    ("Garrowby Aviation Inc.", "Lindgarth Timber AB"), ("Harkenfeld Medical Devices AG", "Moorcastle Brewing Limited"),
    ("Ivorstone Printing LLC", "Nettleby Seeds Cooperative"), ("Jarrowmere Solar SpA", "Orchardine Cosmetics SAS"),
    ("Kestoral Chemicals NV", "Prydwen Games Studio Ltd"), ("Lorrimond Watches SA", "Quenby Logistics Inc."),
    ("Marchbanks Telecom plc", "Rillington Paper Mills Limited"), ("Norrvik Batteries AB", "Saltersgate Shipping BV"),
    ("Oakhampton Genetics Inc.", "Thistledown Toys LLC"), ("Penhallow Drones Ltd", "Ulverscroft Cement AG"),
    ("Quorndale Payments SA", "Verloren Vineyards Pty"), ("Ravensworth Sensors GmbH", "Wexcombe Dairy plc"),
    ("Silverholme Satellites Inc.", "Yarrowfield Insurance SE"), ("Tregarron Turbines Ltd", "Zennor Pharma Oy"),
)  # fmt: skip
_SUBJECTS = (
    "a sorting arm for ripe fruit", "a polarised lens for ships' bridges", "a glass carrier for cell cultures", "a heated curtain fabric",
    "timetable software for freight yards", "a ceramic housing for server racks", "a plywood glider wing", "an infusion pump for hop extract",
    "biodegradable seed labels", "a sun-drying tunnel for petals", "a coating for game tokens", "a tracked parcel watch",
    "a paper antenna", "a hybrid harbour tug", "a plush animal that reads saliva samples", "survey flights over quarries",
    "a wallet for cellar-door sales", "a sensor for milk tanks", "a satellite index of hail damage", "a vibration model for pill presses",
)  # fmt: skip
_LAWS = (
    "Norvania",
    "Castelmar",
    "Illyra",
    "Brenland",
    "Tessaria",
    "Valmoria",
    "Lothmark",
    "Sorrenia",
    "Ardmere",
    "Kalvia",
)
_CITIES = (
    "Port Halver", "Sankt Olm", "Brisa", "Nordhagen", "Vellin", "Castro Lume", "Trevane", "Ustgard", "Pellamar", "Wyndport",
    "Aldgrave", "Miravel", "Osterby", "Quayle", "Rondisle", "Tamberg", "Ferrow", "Lakesend", "Dorvik", "Sallins",
)  # fmt: skip
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "September", "October", "November")
_WORDS = dict(zip(range(3, 36), (
    "three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty "
    "twenty-one twenty-two twenty-three twenty-four twenty-five twenty-six twenty-seven twenty-eight twenty-nine thirty "
    "thirty-one thirty-two thirty-three thirty-four thirty-five").split(), strict=True))  # fmt: skip


def _paper(i: int) -> Paper:
    """Agreement number i, 0..19."""

    def drawn(key: str, *values: object) -> str:
        return str(shuffled(values, f"nda-{key}")[i % len(values)])

    one, two = _PAIRS[i]
    first, second = one.split()[0], two.split()[0]
    months = int(drawn("term", *range(15, 35)))
    notice = drawn("notice", *range(10, 50, 2))
    back = int(drawn("back", *range(3, 23)))
    backup, survival = drawn("backup", *range(65, 265, 10)), drawn("survival", *range(37, 77, 2))
    penalty = f"EUR {int(drawn('penalty', *range(11000, 81000, 3500))):,}"
    cap = f"EUR {int(drawn('cap', *range(150, 650, 25))):,},000"
    interest = f"{3.25 + 0.25 * int(drawn('interest', *range(20))):g} per cent"
    law, city = _LAWS[int(drawn("law", *range(20))) % 10], drawn("city", *_CITIES)
    effective = f"{3 + i} {_MONTHS[i % 10]} {2021 + i % 5}"
    audit, press = drawn("audit", *range(4, 44, 2)), drawn("press", *range(6, 26))
    copies = drawn("copies", *range(3, 23))
    affiliates = i % 2 == 0
    facts = {
        "term": Fact("the term", f"{months} months",
                     f"This Agreement continues for {_WORDS[months]} ({months}) months from the Effective Date",
                     "how long are we bound by {name}, i mean when does it run out?"),
        "notice": Fact("the notice period for ending it early", f"{notice} days",
                       f"Either party may end this Agreement earlier by giving the other {notice} days' written notice",
                       "if we want out of {name} early, how many days ahead do we have to write?"),
        "return": Fact("the time for returning documents", f"{back} business days",
                       f"shall return or destroy all Confidential Information within {_WORDS[back]} ({back}) business days",
                       "how fast do papers have to go back once they ask for them under {name}?"),
        "backup": Fact("the longest time that back-up copies may be kept", f"{backup} days",
                       f"Copies made by routine back-up may be kept for no longer than {backup} days",
                       "our IT keeps backups. how long is that ok with {name}?"),
        "survival": Fact("the period for which secrecy continues after the end", f"{survival} months",
                         f"The duties of secrecy continue for {survival} months after the end of this Agreement",
                         "after {name} is over, how long do i still have to keep my mouth shut?"),
        "penalty": Fact("the contractual penalty for each breach", penalty,
                        f"For each breach the party at fault shall pay a contractual penalty of {penalty}",
                        "what do we pay if somebody leaks something covered by {name}?"),
        "cap": Fact("the limit of liability", cap,
                    f"The total liability of each party under this Agreement is limited to {cap}",
                    "what's the most either side can be on the hook for under {name}?"),
        "interest": Fact("the interest on late payments", f"{interest} a year", f"Late payments bear interest at {interest} a year",
                         "how much interest do they charge if i pay late under {name}?", (interest,)),
        "law": Fact("the governing law", f"the law of {law}", f"This Agreement is governed by the law of {law}",
                    "which country's rules apply to {name}?", (law,)),
        "city": Fact("the place of arbitration", city, f"The seat of the arbitration is {city}",
                     "where would we have to go to arbitrate a fight about {name}?"),
        "effective": Fact("the effective date", effective, f"as of {effective} (the “Effective Date”)",
                          "since when is {name} in force?"),
        "press": Fact("the notice before a press release", f"{press} days",
                      f"announces it publicly only after showing the text to the other party {press} days beforehand",
                      "we want to put out a press release about {name}. how many days before must they see it?"),
        "copies": Fact("the number of copies that may be made", f"{copies} copies",
                       f"may make no more than {copies} copies of a document",
                       "how often may we photocopy a paper that falls under {name}?"),
    }  # fmt: skip
    if i % 5 != 2:
        facts["audit"] = Fact("the notice before an audit", f"{audit} days",
                              f"may audit compliance once a year after {audit} days' notice",
                              "how long before they turn up for an audit do they have to tell us, {name}?")  # fmt: skip
    text = _TEXT.format(
        one=one, two=two, first=first, second=second, subject=_SUBJECTS[i],
        f={key: fact.sentence for key, fact in facts.items()},
        audit=f"11.2 The Disclosing Party {facts['audit'].sentence}, during office hours.\n" if "audit" in facts else "",
        affiliates="may disclose Confidential Information to its affiliates" if affiliates
        else "may not disclose Confidential Information to its affiliates",
        assignment="" if i % 4 == 3 else "12.3 Neither party may assign this Agreement without the written consent of the other.\n",
    )  # fmt: skip
    names = (
        f"the {first} and {second} NDA",
        f"our NDA with {second}",
        f"the agreement between {one} and {two}",
        f"the {first} NDA",
    )
    return Paper(f"scan-{(i * 37) % 100 + 100}.txt", text, names, facts)


_TEXT = """MUTUAL NON-DISCLOSURE AGREEMENT

This Agreement is made between {one} (“{first}”) and {two} (“{second}”), {f[effective]}.

1. Purpose
1.1 The parties wish to exchange information in order to evaluate {subject} (the “Purpose”).
1.2 Each party may be the Disclosing Party or the Receiving Party of information under this Agreement.

2. Confidential Information
2.1 “Confidential Information” means all technical, commercial and financial information that the Disclosing Party discloses
for the Purpose in writing, orally or by allowing inspection, and that is marked as confidential or is so by its nature.
2.2 Information is not confidential where it is public without a breach of this Agreement, was known to the Receiving Party
before, was received from a third party entitled to disclose it, or was developed independently.

3. Duties of the Receiving Party
3.1 The Receiving Party shall keep Confidential Information secret, shall use it for the Purpose only, and shall protect it
with the care that it takes of its own secrets, and at least with reasonable care.
3.2 The Receiving Party {affiliates}, and to its professional advisers where these are bound to secrecy.
3.3 For the Purpose the Receiving Party {f[copies]}.
3.4 The Receiving Party shall not reverse engineer any sample that it receives.

4. Disclosure required by law
4.1 Where a court or authority requires disclosure, the Receiving Party shall tell the Disclosing Party without delay and
disclose only what is required.

5. Return and destruction
5.1 On written request the Receiving Party {f[return]}.
5.2 {f[backup]}, and stay subject to this Agreement for that time.

6. Term
6.1 {f[term]}.
6.2 {f[notice]}.
6.3 {f[survival]}.

7. Penalty
7.1 {f[penalty]}. The right to claim damages beyond the penalty remains.

8. Liability
8.1 {f[cap]}, except for intent.
8.2 Neither party is liable for lost profit.

9. Payments
9.1 {f[interest]}.
9.2 Each party bears its own cost of preparing this Agreement.

10. Public announcements
10.1 A party that wishes to mention the cooperation {f[press]}.

11. Records
11.1 The Receiving Party shall keep a list of the persons who have access to Confidential Information.
{audit}
12. General
12.1 Changes of this Agreement must be made in writing and signed by both parties. E-mail is not enough.
12.2 If a provision is invalid, the others remain in force.
{assignment}
13. Governing law and disputes
13.1 {f[law]}, without its rules on conflict of laws.
13.2 Disputes are settled by one arbitrator. {f[city]}. The language of the proceedings is English.
"""


def make() -> Made:
    """The agreements and the questions on them."""
    papers = [_paper(i) for i in range(20)]
    return Made(
        {paper.file: paper.text for paper in papers}, [*round_robin(papers, 3, "nda", "en"), *_others(papers)], papers
    )


def _others(papers: list[Paper]) -> list[Question]:
    """Follow-ups, absent names and clauses, near misses, clauses by number, and questions about the collection."""
    found: list[Question] = []
    topics = ("notice", "cap", "law", "term", "penalty", "backup", "interest", "city")
    for n, key in enumerate(topics):
        a, b = papers[2 * n], papers[2 * n + 3]
        second = b.text.split("(“")[2].split("”")[0]
        said = ("And in {}?", "What about the {} NDA?", "And for {}?", "and the one with {}?")[n % 4].format(second)
        found.append(follow_up(f"nda/follow-other-{n}", said, b, key, (turn(a, key, "en"),), "en"))
        other = topics[(n + 3) % len(topics)]
        said = ("And {}?", "What is {} there?", "And how about {}?", "does it say anything on {}?")[n % 4]
        history = (turn(a, key, "en"), turn(b, key, "en"))
        found.append(follow_up(f"nda/follow-same-{n}", said.format(b.facts[other].noun), b, other, history, "en"))
    for n, name in enumerate(
        ("Zoltrapen Industries", "Hargreave Mining", "Belmonte Shoes", "Kirsova Films", "Dunlevy Motors")
    ):
        noun = papers[n].facts[topics[n]].noun
        found.append(refusal(f"nda/absent-name-{n}", f"What is {noun} in the {name} NDA?", "absent_name", "en"))
    mixed = [(0, 3), (5, 8), (11, 2), (14, 17)]
    for n, (i, j) in enumerate(mixed):  # both parties are there, an agreement between them is not
        one, two = _PAIRS[i][0].split()[0], _PAIRS[j][1].split()[0]
        text = f"How many days' notice ends the NDA between {one} and {two}?"
        found.append(refusal(f"nda/near-pair-{n}", text, "near_miss", "en"))
    absent = ("non-compete period", "place of delivery", "royalty rate", "warranty period", "insurance that must be taken out",
              "fee for using the information")  # fmt: skip
    for n, noun in enumerate(absent):
        found.append(
            refusal(
                f"nda/absent-clause-{n}", f"What is the {noun} in {papers[3 * n].names[n % 4]}?", "absent_clause", "en"
            )
        )
    for n, i in enumerate((3, 7, 11)):
        text = f"What does {papers[i].names[0]} say about assigning it to somebody else?"
        found.append(refusal(f"nda/absent-assignment-{n}", text, "absent_clause", "en"))
    for n, (i, clause, key) in enumerate(
        [(1, "6.2", "notice"), (4, "8.1", "cap"), (9, "5.2", "backup"), (12, "9.1", "interest")]
    ):
        paper = papers[i]
        text = (f"What does clause {clause} of {paper.names[0]} say?", f"read me section {clause} of {paper.names[1]}")[
            n % 2
        ]
        found.append(follow_up(f"nda/clause-{n}", text, paper, key, (), "en", "clause"))
    for n, i in enumerate((2, 5, 8, 13)):
        allowed = "may disclose" in papers[i].text
        text = (
            f"Can the receiving side pass confidential information on to its affiliates under {papers[i].names[n % 2]}?"
        )
        sentence = (
            f"The Receiving Party may {'' if allowed else 'not '}disclose Confidential Information to its affiliates"
        )
        found.append(Question(f"nda/affiliates-{n}", text, (sentence,), papers[i].file, label="yes" if allowed else "no",
                              category="yes_no", evidence=sentence))  # fmt: skip
    for n, key in enumerate(("notice", "penalty", "law")):
        noun = papers[0].facts[key].noun
        found.append(
            Question(f"nda/ambiguous-{n}", f"What is {noun} in the NDA?", answerable=False, category="ambiguous")
        )
    for n, law in enumerate(_LAWS[:3]):
        files = tuple(p.file for p in papers if p.facts["law"].value == f"the law of {law}")
        found.append(Question(f"nda/which-{n}", f"Which agreements are governed by the law of {law}?", documents=files,
                              category="corpus"))  # fmt: skip
    found.append(Question("nda/how-many-0", "How many agreements are there here?", ("20",), category="corpus"))
    pair = (papers[6], papers[15])
    for n, key in enumerate(("cap", "term")):
        text = f"Compare {pair[0].facts[key].noun} in {pair[0].names[3]} and in {pair[1].names[3]}."
        found.append(Question(f"nda/compare-{n}", text, parts=tuple(p.facts[key].value for p in pair),
                              documents=tuple(p.file for p in pair), category="compare"))  # fmt: skip
    for n, i in enumerate((0, 10, 16)):  # asked in Chinese, the agreement is in English
        key, noun = (("notice", "提前解除的通知期"), ("penalty", "每次违约的违约金"), ("term", "协议期限"))[n]
        name = _PAIRS[i][0].split()[0]
        found.append(
            follow_up(f"nda/cross-{n}", f"{name}保密协议的{noun}是多少？", papers[i], key, (), "zh", "cross_language")
        )
    for n, text in enumerate(
        ("Hi, who are you?", "Which of these deals is the riskiest for us?", "Write me a poem about secrecy.")
    ):
        found.append(refusal(f"nda/talk-{n}", text, "talk", "en"))
    return found
