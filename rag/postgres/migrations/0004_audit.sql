-- The audit log of every server, line by line as it is in that server's own file: a chain for each writer.
CREATE TABLE audit (
    writer text NOT NULL, number bigint NOT NULL, at timestamptz NOT NULL DEFAULT now(), line bytea NOT NULL,
    PRIMARY KEY (writer, number)
);
CREATE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only ever added to';
END
$$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows();
