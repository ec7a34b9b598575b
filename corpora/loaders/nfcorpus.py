"""NFCorpus: lay titles of NutritionFacts.org as queries over medical abstracts. CC BY-SA 4.0 as redistributed (BEIR).

Records as in `beir`. Grade 2: the page links to the abstract directly; 1: through a page it links to.
"""

from sparewheel.corpora.loaders.beir import documents, qrels, questions

__all__ = ["documents", "qrels", "questions"]
