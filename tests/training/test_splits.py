"""The hold-outs every trainer shares."""

from training.splits import contract_family, contract_held_out, held_out, legalbench_held_out

EXHIBIT = "ARMSTRONGFLOORING,INC_01_07_2019-EX-10.2-INTELLECTUAL PROPERTY AGREEMENT"
REFILED = "ArmstrongFlooringInc_20190107_8-K_EX-10.2_11471795_EX-10.2_Intellectual Property Agreement"


def test_one_filer_is_one_family():
    """The same contract under the filer's two spellings, and with a path and suffix, is one family."""
    assert {contract_family(t) for t in (EXHIBIT, REFILED, f"cuad/{EXHIBIT}.txt", f"{REFILED}.PDF")} == {
        "armstrongflooring"
    }


def test_a_title_without_a_filing_date_is_named_by_what_stands_before_the_dash():
    """Contracts that parties published themselves are `COMPANY - AGREEMENT`."""
    title = "ADMA BioManufacturing, LLC -  Amendment #3 to Manufacturing Agreement "
    assert contract_family(title) == "admabiomanufacturing"


def test_a_short_name_is_not_eaten_by_its_legal_form():
    """`AzulSa` loses its `sa`; `Usio Inc` keeps four letters."""
    assert (contract_family("AzulSa_20170303_F-1A"), contract_family("USIO,INC_04_28_2020")) == ("azul", "usio")


def test_two_companies_that_filed_one_text_are_one_family():
    """CUAD holds Leju's agreement under its parent's name too; both must be on one side."""
    parent = "ChinaRealEstateInformationCorp_20090929_F-1_EX-10.32_4771615_EX-10.32_Content License Agreement"
    assert contract_family(parent) == contract_family("LejuHoldingsLtd_20140121_DRS (on F-1)_EX-10.26_8473102")


def test_legalbench_and_cuad_agree():
    """A contract is on the same side under both names, for a held-out and for a training one."""
    titles = [f"COMPANY{n}INC_01_01_2020-EX-10-SUPPLY AGREEMENT" for n in range(50)]
    sides = [contract_held_out(t) for t in titles]
    assert sides == [legalbench_held_out(f"cuad/{t}.txt") for t in titles]
    assert 2 <= sum(sides) <= 20


def test_the_hold_out_never_moves():
    """The figures in the model cards are on these names; a changed salt or rule would make them untrue."""
    names = ["ticketmaster.com", "style.com", "internetbrands.com", "dogbreedinfo.com", "Oxygen", "Normans"]
    assert [held_out(n) for n in names] == [True] * 6
    assert [held_out(n) for n in ["yahoo.com", "fool.com", "1973_oil_crisis"]] == [False] * 3


def test_about_a_fifth_is_held_out():
    """2,000 made-up names: 20 % within three standard deviations."""
    assert abs(sum(held_out(f"name {n}") for n in range(2000)) / 2000 - 0.2) < 0.027


def test_privacy_qa_is_never_trained_on():
    """Its licence terms are unclear, so every document of it is held out."""
    assert all(legalbench_held_out(f"privacy_qa/{n}.txt") for n in range(20))
