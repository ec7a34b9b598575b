-- What all servers share besides corpora: accounts, sign-ins, conversations, feedback.
CREATE TABLE stamps (name text PRIMARY KEY, version bigint NOT NULL); -- one more with each change of what it names
CREATE TABLE secrets (name text PRIMARY KEY, value text NOT NULL);

CREATE TABLE accounts (
    name text PRIMARY KEY, role text NOT NULL, groups jsonb NOT NULL,
    password text NOT NULL,                   -- argon2, or empty
    keys jsonb NOT NULL                       -- prefixes and sha256 of API keys, never a key
);
CREATE TABLE tries (
    kind text NOT NULL, who text NOT NULL, count integer NOT NULL, last double precision NOT NULL,
    PRIMARY KEY (kind, who)
);
CREATE TABLE ended (session text PRIMARY KEY, until double precision NOT NULL);

CREATE TABLE conversations (
    rowid bigint GENERATED ALWAYS AS IDENTITY,
    id text PRIMARY KEY, "user" text NOT NULL, corpus text NOT NULL, title text NOT NULL,
    started text NOT NULL, updated text NOT NULL, shared integer NOT NULL DEFAULT 0
);
CREATE INDEX conversations_of_user ON conversations ("user", updated);
CREATE TABLE turns (
    conversation text NOT NULL REFERENCES conversations ON DELETE CASCADE, number integer NOT NULL,
    at text NOT NULL, question text NOT NULL, answer json NOT NULL,
    PRIMARY KEY (conversation, number)
);
CREATE TABLE feedback (
    rowid bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time text NOT NULL, corpus text NOT NULL, "user" text NOT NULL, thumbs integer NOT NULL, comment text NOT NULL,
    question text NOT NULL, answer text NOT NULL, answered_by text NOT NULL, evidence text NOT NULL
);
