"""Who may read which corpus: told where it is opened, and nothing told of what is not yours."""

import pytest

from sparewheel.app.people.access import User, admitted, may_read, readable, require_role
from sparewheel.app.service import Service
from sparewheel.rag.errors import Forbidden, NeedsRole, NotFound, UsageError
from sparewheel.rag.ingest.corpus import CorpusConfig, read_config
from sparewheel.rag.ingest.store import FolderPlace, Store
from sparewheel.rag.settings import Settings

ANNA = User("anna", "viewer", ("litigation",))
BEN = User("ben", "admin")


@pytest.fixture
def folder(tmp_path):
    """Three corpora: everybody's, anna's by name, and the litigation group's."""
    for name, readers in (("open", ()), ("annas", ("anna",)), ("cases", ("group:litigation", "carol"))):
        Store.create(tmp_path / name, CorpusConfig(name, readers=readers))
    return tmp_path


@pytest.mark.parametrize(
    ("readers", "anna", "ben"),
    [
        ((), True, True),
        (("anna",), True, False),
        (("group:litigation",), True, False),
        (("litigation",), False, False),
        (("group:anna", "ben"), False, True),
    ],
)
def test_a_reader_is_named_or_in_a_named_group(readers, anna, ben):
    """A group's name is no user's name, a role opens nothing, and the local owner reads all."""
    config = CorpusConfig("c", readers=readers)
    assert (may_read(config, ANNA), may_read(config, BEN), may_read(config, None)) == (anna, ben, True)


def test_everybody_is_shown_their_own_corpora(folder):
    """A broken corpus.json hides that corpus, not the others."""
    (folder / "broken").mkdir()
    (folder / "broken" / "corpus.json").write_text("{")
    names = [[config.name for config in readable(FolderPlace(folder), user)] for user in (None, ANNA, BEN)]
    assert names == [["annas", "cases", "open"], ["annas", "cases", "open"], ["open"]]


def test_what_is_not_yours_is_told_as_what_is_not_there(folder):
    """One wording, and no suggestion gives away a name."""
    told = []
    for name in ("annas", "anna"):
        with pytest.raises(Forbidden) as caught:
            admitted(FolderPlace(folder), name, BEN)
        told.append(str(caught.value).replace(name, "*"))
    assert told == ["no corpus '*' for 'ben'; ask an administrator for access"] * 2
    with pytest.raises(NotFound, match="did you mean 'cases'"):
        admitted(FolderPlace(folder), "casse", ANNA)
    with pytest.raises(UsageError, match="corpus name"):
        admitted(FolderPlace(folder), "../open", ANNA)


def test_a_pipeline_is_refused_before_anything_is_read(folder):
    """The corpus has no snapshot; only someone who may read it learns that."""
    settings = Settings(data_folder=str(folder))
    with pytest.raises(Forbidden):
        Service(settings).pipeline("annas", BEN)
    with pytest.raises(NotFound, match="has no documents yet"):
        Service(settings).pipeline("annas", ANNA)


def test_readers_survive_the_disk(folder):
    """And a corpus.json from before there were readers is everybody's."""
    assert read_config(folder / "cases").readers == ("group:litigation", "carol")
    config = folder / "open" / "corpus.json"
    config.write_text(config.read_text().replace('"readers": [],', ""))
    assert read_config(folder / "open").readers == ()


def test_a_role_reaches_downwards():
    """admin may do what analyst may; viewer is told the role it takes; the local owner needs none."""
    require_role(BEN, "analyst", "upload documents")
    require_role(None, "admin", "remove a corpus")
    with pytest.raises(NeedsRole, match="'anna' is viewer; to upload documents takes the role analyst"):
        require_role(ANNA, "analyst", "upload documents")
