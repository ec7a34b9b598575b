"""Access rules by folder and document: the nearest counts, all sets must allow, what cannot be read closes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.rag.errors import StoreError, UsageError
from sparewheel.rag.ingest.corpus import CorpusConfig, read_config
from sparewheel.rag.rights import Rights, checked_rules, labels_of, nearest

RULES = {"hr/": ("group:hr",), "hr/public/": ("*",), "hr/public/merger.pdf": ("anna", "group:board"), "old/": ("!",)}


@pytest.mark.parametrize(
    ("document", "ben", "anna"),
    [
        ("lease.pdf", True, True),  # no rule is about it
        ("hr/pay.xlsx", True, False),
        ("hr/2024/pay.xlsx", True, False),
        ("hr/public/rules.md", True, True),
        ("hr/public/merger.pdf", False, True),
        ("hrx/pay.xlsx", True, True),  # another folder that begins alike
        ("hr/public/merger.pdf › annex/a.docx", False, True),  # in a file: by who may read the file
        ("hr/public/merger.pdf › in.zip › a.docx", False, True),
        ("hr/pay.zip › public/a.docx", True, False),
        ("old/a.txt", False, False),
    ],
)
def test_the_nearest_rule_counts(document, ben, anna):
    """That of the document, else of its folder, else of the one above."""
    assert Rights(frozenset({"ben", "group:hr"}), (RULES,)).allow(document) is ben
    assert Rights(frozenset({"anna"}), (RULES,)).allow(document) is anna


def test_every_set_and_the_documents_own_labels_must_allow():
    """A file beside the documents cannot open what an administrator closed, nor the other way round."""
    anna = Rights(frozenset({"anna"}), ({"hr/": ("anna",)}, {"/": ("ben",), "hr/": ("*",)}))
    assert (anna.allow("hr/a"), anna.allow("b"), anna.allow("hr/a", ("ben",)), anna.allow("hr/a", ("anna", "ben"))) == (
        True, False, False, True,
    )  # fmt: skip


@given(st.dictionaries(st.sampled_from(["/", "a/", "a/b/", "a/b/c", "d"]), st.sampled_from([("x",), ("y",), ("*",)])))
def test_whoever_is_named_by_no_rule_reads_only_what_everybody_reads(rules):
    """Also after names that no rule knows were left out."""
    stranger = Rights(frozenset({"z", "group:q"}), (rules,))
    for id in ("a/b/c", "a/b/x", "a/x", "d", "e"):
        assert stranger.allow(id) == (nearest(rules, id) in ((), ("*",)))
        assert stranger.that_matter(()).allow(id) == stranger.allow(id)


@pytest.mark.parametrize("text", ["", "  ,", "a b\0", "group:", "anna; <b>"])
def test_a_label_that_cannot_be_read_closes_the_document(text):
    """Whatever it was meant to say."""
    assert labels_of(text) == ("!",)


@pytest.mark.parametrize(
    "rules", [{"": ["anna"]}, {"hr/": []}, {"hr/": ["a b"]}, {"hr\\pay": ["anna"]}, {" hr/": ["x"]}]
)
def test_a_rule_that_cannot_be_is_told(rules):
    """With what would be right."""
    with pytest.raises(UsageError, match=r"as in 'hr/'|everybody|is no reader"):
        checked_rules(rules)


@pytest.mark.parametrize("access", ['{"hr/": "x y"}', '{"hr/": []}', '["hr/"]', '{"hr/": [3]}'])
def test_rules_in_a_damaged_file_open_nothing(tmp_path, access):
    """A corpus.json whose rules cannot be understood is read by nobody."""
    CorpusConfig("c").write(tmp_path)
    file = tmp_path / "corpus.json"
    file.write_text(file.read_text().replace('"access": {}', f'"access": {access}'))
    with pytest.raises(StoreError, match="cannot be read"):
        read_config(tmp_path)
