-- Uploads that are being read, as the server that reads them last told: another one can be asked how far they are.
CREATE TABLE jobs (
    id text PRIMARY KEY, corpus text NOT NULL, owner text NOT NULL, files integer NOT NULL, state text NOT NULL,
    error text NOT NULL, results json NOT NULL, told timestamptz NOT NULL DEFAULT now()
);
