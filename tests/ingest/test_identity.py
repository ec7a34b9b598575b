"""What the opening of a document says of it."""

from __future__ import annotations

import pytest

from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.identity import carried, edited, identified
from sparewheel.rag.types import Document

NDA = """EXHIBIT 10.25

MUTUAL NON-DISCLOSURE AGREEMENT

This Agreement is made on 3 May 2024 between Orrin Salt Ltd, a company of Malta (the "Company"), and mPhase Labs
Inc. ("mPhase").

1. Purpose. The parties wish to talk."""
LEAFLET = """Package leaflet: Information for the patient

Veltrazin 20 mg film-coated tablets
dorvanil

Read all of this leaflet carefully.

1. What Veltrazin is and what it is used for
Veltrazin contains the active substance dorvanil."""
CONTRACT = """合同编号：HT-2024-018

设备采购合同

甲方（买方）：青岚机械有限公司，住所地：云州市
乙方（卖方）：北原精密仪器有限公司

签订日期：2024年6月3日

第一条 乙方应当于每月五日前向甲方交货。"""


def known(text: str, title: str = "x7", id: str = "x7.pdf", language: str = "en", **metadata: str) -> Document:
    return identified(Document(id, text, title, f"/in/{id}", language=language, metadata=metadata))


def test_title_comes_from_the_first_page_where_the_file_says_nothing() -> None:
    """A filing stamp and the name of the file are no titles; a title of the format's own stays."""
    assert known(NDA, "ORRIN 2024-EX-10.25-NDA").title == "Mutual Non-Disclosure Agreement"
    assert known(NDA).title == "Mutual Non-Disclosure Agreement"
    assert known(NDA, "Orrin and mPhase").title == "Orrin and mPhase"


def test_parties_aliases_date_and_kind_of_a_contract() -> None:
    """Who the parties are and what the contract calls them."""
    assert dict(known(NDA).metadata) == {
        "kind": "non-disclosure agreement",
        "parties": "Orrin Salt Ltd; mPhase Labs Inc.",
        "date": "2024-05-03",
        "aliases": "Company = Orrin Salt Ltd; mPhase = mPhase Labs Inc.",
    }


def test_drug_and_substance_of_a_leaflet() -> None:
    """The line every leaflet begins with is not its title."""
    found = known(LEAFLET)
    assert found.title == "Veltrazin 20 mg film-coated tablets"
    assert dict(found.metadata) == {"kind": "patient leaflet", "drug": "Veltrazin; dorvanil"}


def test_chinese_contract() -> None:
    """合同编号 is no title, and a duty of 乙方 names no party."""
    found = known(CONTRACT, language="zh")
    assert found.title == "设备采购合同"
    assert found.metadata["parties"] == "青岚机械有限公司; 北原精密仪器有限公司"
    assert "乙方 = 北原精密仪器有限公司" in found.metadata["aliases"]
    assert found.metadata["date"] == "2024-06-03"


@pytest.mark.parametrize(
    ("opening", "parties"),
    [
        ("SUPPLY AGREEMENT\n\nBETWEEN\nGarman Routing, Inc. (\"GARMAN\")\nAND\nSparkling Water Limited (\"S\")",
         "Garman Routing, Inc.; Sparkling Water Limited"),
        ("LEASE\n\nLandlord: Quay Estates Limited\nTenant: Marrow Furniture LLP\n\n1. Rent.",
         "Quay Estates Limited; Marrow Furniture LLP"),
        ("JUDGMENT\n\nOlder Mills Ltd v. Farrow & Sons Ltd\n\nThe claim is dismissed.",
         "Older Mills Ltd; Farrow & Sons Ltd"),
        ("LEASE\n\nThis lease is made between Öberg Marin AB and Élan Santé SAS, both of Lyon.\n\n1. Rent.",
         "Öberg Marin AB; Élan Santé SAS"),
        ('LEASE\n\nThis lease is made between **Quay Estates LLC** ("the Landlord") and **Iva Brandt** trading as'
         ' Brandt Ceramics ("the Tenant").\n\n1. Rent.', "Quay Estates LLC; Iva Brandt"),
    ],
)  # fmt: skip
def test_other_ways_of_naming_parties(opening: str, parties: str) -> None:
    """On lines of their own, by role, as a case."""
    assert known(opening).metadata["parties"] == parties


def test_a_trading_name_is_another_name_of_the_party() -> None:
    """People call her by it."""
    found = known("LEASE\n\nbetween Quay Estates LLC and Iva Brandt trading as Brandt Ceramics.\n\n1. Rent.")
    assert "Brandt Ceramics = Iva Brandt" in found.metadata["aliases"]


def test_what_a_person_set_is_not_read_again() -> None:
    """A correction survives the next reading; an unknown key is told with the known ones."""
    corrected = edited(known(NDA), {"title": "Orrin NDA", "parties": "Orrin Salt Limited"})
    again = identified(corrected)
    assert (again.title, again.metadata["parties"]) == ("Orrin NDA", "Orrin Salt Limited")
    assert again.metadata["date"] == "2024-05-03"
    with pytest.raises(UsageError, match="did you mean 'parties'"):
        edited(known(NDA), {"partys": "x"})


def test_what_a_person_types_is_kept_as_it_is_read() -> None:
    """Names on lines, or between semicolons of either width, are several; so are aliases."""
    typed = {
        "parties": "Orrin Salt  Limited\nQuill plc；海港食品",
        "aliases": "Buyer=Quill plc;甲方＝海港食品",
        "date": "2024-05",
    }
    corrected = edited(known(NDA), typed).metadata
    assert corrected["parties"] == "Orrin Salt Limited; Quill plc; 海港食品"
    assert (corrected["aliases"], corrected["date"]) == ("Buyer = Quill plc; 甲方 = 海港食品", "2024-05")
    assert "date" not in edited(known(NDA), {"date": " "}).metadata


@pytest.mark.parametrize(
    ("key", "value", "cure"),
    [
        ("title", " ", "say what the document is"),
        ("date", "3 May 2024", "2024-05-31"),
        ("date", "2024-13", "2024-05-31"),
        ("date", "20240503", "2024-05-31"),
        ("aliases", "Tenant", "Tenant = Acme Ltd"),
        ("aliases", "Tenant = Acme Ltd; = Quill", "Tenant = Acme Ltd"),
    ],
)
def test_what_cannot_be_is_refused_with_the_cure(key: str, value: str, cure: str) -> None:
    with pytest.raises(UsageError, match=cure):
        edited(known(NDA), {"kind": "letter", key: value})


def test_a_correction_survives_a_changed_file() -> None:
    """The file is read anew; what a person has set stays, the rest is as it reads now."""
    old = edited(known(NDA), {"parties": "Orrin Salt Limited"})
    new = carried(known(NDA.replace("3 May 2024", "4 May 2024")), old)
    assert identified(new).metadata["parties"] == "Orrin Salt Limited"
    assert identified(new).metadata["date"] == "2024-05-04"
