-- One row for each corpus: what it is, its newest version, and what that holds.
CREATE TABLE corpora (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    config jsonb NOT NULL,
    parts integer NOT NULL,                   -- hash partitions of its larger tables
    version bigint NOT NULL DEFAULT 0,        -- one more with each publish; readers see what was born up to theirs
    published timestamptz,
    documents bigint NOT NULL DEFAULT 0,
    chunks bigint NOT NULL DEFAULT 0,
    chars bigint NOT NULL DEFAULT 0,
    terms bigint NOT NULL DEFAULT 0,          -- of all chunks: their number is the average length of BM25
    embedded bigint NOT NULL DEFAULT 0,       -- chunks that have a vector
    tokeniser text NOT NULL DEFAULT '',
    embedder text NOT NULL DEFAULT '',
    dimension integer NOT NULL DEFAULT 0,
    next_document bigint NOT NULL DEFAULT 1,
    next_chunk bigint NOT NULL DEFAULT 1,
    next_segment bigint NOT NULL DEFAULT 1
);

CREATE TABLE notes (
    corpus integer NOT NULL REFERENCES corpora ON DELETE CASCADE,
    name text NOT NULL,
    value jsonb NOT NULL,
    PRIMARY KEY (corpus, name)
);

-- A document is never changed but for its counters: it is born with a version and dies with another.
CREATE TABLE documents (
    corpus integer NOT NULL, document bigint NOT NULL,
    id text NOT NULL, title text NOT NULL, source text NOT NULL, media_type text NOT NULL, language text NOT NULL,
    sha256 text NOT NULL, chars bigint NOT NULL, pages integer NOT NULL, metadata jsonb NOT NULL,
    splitter text NOT NULL, added text NOT NULL,
    first bigint NOT NULL, chunks integer NOT NULL, terms bigint NOT NULL, embedded integer NOT NULL DEFAULT 0,
    born bigint NOT NULL, died bigint, died_at timestamptz,
    purged boolean NOT NULL DEFAULT false,    -- dead, and its contents, chunks, facts and vectors are gone
    unindexed boolean NOT NULL DEFAULT false, -- dead, and no living segment names its chunks
    file_bytes bigint, mtime_ns bigint, checked_ns bigint,
    PRIMARY KEY (corpus, document)
) PARTITION BY LIST (corpus);
CREATE UNIQUE INDEX documents_living ON documents (corpus, id) WHERE died IS NULL;
CREATE INDEX documents_first ON documents (corpus, first);
CREATE INDEX documents_dead ON documents (corpus, died) WHERE died IS NOT NULL;
CREATE INDEX documents_unembedded ON documents (corpus, first) WHERE died IS NULL AND embedded < chunks;

CREATE TABLE facts (
    corpus integer NOT NULL, key text NOT NULL, value text NOT NULL, document bigint NOT NULL,
    PRIMARY KEY (corpus, key, value, document)
) PARTITION BY LIST (corpus);
CREATE INDEX facts_of ON facts (corpus, document);

-- The three large ones are cut by document within the corpus.
CREATE TABLE contents (
    corpus integer NOT NULL, document bigint NOT NULL,
    text bytea NOT NULL, pages text NOT NULL, headings text NOT NULL, layout bytea,
    PRIMARY KEY (corpus, document)
) PARTITION BY LIST (corpus);
ALTER TABLE contents ALTER COLUMN text SET STORAGE EXTERNAL, ALTER COLUMN layout SET STORAGE EXTERNAL;

CREATE TABLE chunks (
    corpus integer NOT NULL, document bigint NOT NULL, chunk bigint NOT NULL,
    start integer NOT NULL, "end" integer NOT NULL, page integer, language text NOT NULL, headings text NOT NULL,
    text bytea NOT NULL,                      -- UTF-8; bytes, since a document may hold what a text column refuses
    PRIMARY KEY (chunk, document, corpus)
) PARTITION BY LIST (corpus);

CREATE TABLE vectors (
    corpus integer NOT NULL, document bigint NOT NULL, chunk bigint NOT NULL, embedding halfvec NOT NULL,
    PRIMARY KEY (chunk, document, corpus)
) PARTITION BY LIST (corpus);

-- The keyword index: a segment holds the postings of the chunks of a publish, or of several merged ones.
CREATE TABLE segments (
    corpus integer NOT NULL, segment bigint NOT NULL, born bigint NOT NULL, died bigint, died_at timestamptz,
    chunks integer NOT NULL, ids bytea NOT NULL, lengths bytea NOT NULL,
    PRIMARY KEY (corpus, segment)
) PARTITION BY LIST (corpus);
CREATE TABLE postings (
    corpus integer NOT NULL, segment bigint NOT NULL, term text COLLATE "C" NOT NULL, data bytea NOT NULL,
    PRIMARY KEY (segment, term, corpus)
) PARTITION BY LIST (corpus);
ALTER TABLE postings ALTER COLUMN data SET STORAGE EXTERNAL;
