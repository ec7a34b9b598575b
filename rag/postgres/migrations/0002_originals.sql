-- The source files of uploads, in pieces, so that a page can be drawn as it was printed whichever server is asked.
CREATE TABLE originals (
    corpus integer NOT NULL REFERENCES corpora ON DELETE CASCADE,
    sha256 text NOT NULL, name text NOT NULL, piece integer NOT NULL, data bytea NOT NULL,
    kept timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (corpus, sha256, name, piece)
);
ALTER TABLE originals ALTER COLUMN data SET STORAGE EXTERNAL;
