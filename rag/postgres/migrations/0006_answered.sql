-- What was answered of a corpus: the cells of its review tables with what people said of them, and answers kept for an
-- outage. A transaction names its corpus (the setting sparewheel.corpus) and works on the views, which hold that one
-- alone; their columns are those of the SQLite files of a corpus in a folder.
CREATE FUNCTION this_corpus() RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT current_setting('sparewheel.corpus')::integer
$$;

CREATE TABLE review_cells (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL, document text COLLATE "C" NOT NULL, question text COLLATE "C" NOT NULL,
    at text NOT NULL, document_sha256 text NOT NULL, answer text NOT NULL, passages text NOT NULL, correction text,
    approval text, comments text NOT NULL, revision bigint NOT NULL,
    PRIMARY KEY (corpus, key, document)
);
CREATE INDEX review_cells_of_document ON review_cells (corpus, document);
CREATE INDEX review_cells_of_revision ON review_cells (corpus, revision);
CREATE TABLE review_tables (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    rowid bigint GENERATED ALWAYS AS IDENTITY, id text NOT NULL, at text COLLATE "C" NOT NULL, kept text NOT NULL,
    PRIMARY KEY (corpus, id)
);
CREATE TABLE review_sets (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL, by text NOT NULL, at text NOT NULL, columns text NOT NULL,
    PRIMARY KEY (corpus, name)
);
CREATE TABLE review_counter (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    one integer NOT NULL, revision bigint NOT NULL,
    PRIMARY KEY (corpus, one)
);
CREATE VIEW cells AS
    SELECT key, document, question, at, document_sha256, answer, passages, correction, approval, comments, revision
    FROM review_cells WHERE corpus = this_corpus();
CREATE VIEW tables AS SELECT rowid, id, at, kept FROM review_tables WHERE corpus = this_corpus();
CREATE VIEW sets AS SELECT name, by, at, columns FROM review_sets WHERE corpus = this_corpus();
CREATE VIEW counter AS SELECT one, revision FROM review_counter WHERE corpus = this_corpus();

CREATE TABLE memory_answers (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL, question text NOT NULL, language text NOT NULL, documents text NOT NULL, shape text NOT NULL,
    names text NOT NULL, text text NOT NULL, label text NOT NULL, citations text NOT NULL, passages text NOT NULL,
    read text NOT NULL, answered_by text NOT NULL, model text NOT NULL, at text NOT NULL,
    cost_usd double precision NOT NULL, local integer NOT NULL, person text NOT NULL, place text NOT NULL,
    embedder text NOT NULL, vector bytea NOT NULL,
    UNIQUE (corpus, key)
);
CREATE INDEX memory_answers_in_order ON memory_answers (corpus, id);
CREATE TABLE memory_rests_on (
    corpus integer NOT NULL DEFAULT this_corpus(),
    answer bigint NOT NULL REFERENCES memory_answers (id) ON DELETE CASCADE, document text NOT NULL
);
CREATE INDEX memory_rests_on_document ON memory_rests_on (corpus, document);
CREATE INDEX memory_rests_on_answer ON memory_rests_on (answer);
CREATE TABLE memory_questions (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    key text COLLATE "C" NOT NULL, day text COLLATE "C" NOT NULL, question text NOT NULL, language text NOT NULL,
    documents text NOT NULL, shape text NOT NULL, times integer NOT NULL,
    PRIMARY KEY (corpus, key, day)
);
CREATE TABLE memory_meta (
    corpus integer NOT NULL DEFAULT this_corpus() REFERENCES corpora ON DELETE CASCADE,
    name text NOT NULL, value bigint NOT NULL,
    PRIMARY KEY (corpus, name)
);
CREATE VIEW answers AS
    SELECT id, key, question, language, documents, shape, names, text, label, citations, passages, read, answered_by,
        model, at, cost_usd, local, person, place, embedder, vector
    FROM memory_answers WHERE corpus = this_corpus();
CREATE VIEW rests_on AS SELECT answer, document FROM memory_rests_on WHERE corpus = this_corpus();
CREATE VIEW questions AS
    SELECT key, day, question, language, documents, shape, times FROM memory_questions WHERE corpus = this_corpus();
CREATE VIEW meta AS SELECT name, value FROM memory_meta WHERE corpus = this_corpus();
