-- How many requests each caller has left: a token bucket for each, shared by all servers. A crash may empty the table.
CREATE UNLOGGED TABLE rates (
    caller bytea PRIMARY KEY,                 -- sha256 of the key
    tokens double precision NOT NULL, since timestamptz NOT NULL,
    wait_s double precision NOT NULL          -- until there is one for the request that came last; 0: it was let in
);
-- One request more: 0 where it is let in, else the seconds to wait.
CREATE FUNCTION take_request(who bytea, most double precision, per_s double precision) RETURNS double precision
LANGUAGE sql AS $$
    INSERT INTO rates AS r (caller, tokens, since, wait_s)
    SELECT who, CASE WHEN left_over >= 1 THEN left_over - 1 ELSE left_over END, now,
        CASE WHEN left_over >= 1 THEN 0 ELSE (1 - left_over) / per_s END
    FROM (
        SELECT clock_timestamp() AS now, coalesce(
            (SELECT least(most, tokens + extract(epoch FROM clock_timestamp() - since) * per_s) FROM rates
             WHERE caller = who FOR UPDATE), most) AS left_over
    ) bucket
    ON CONFLICT (caller) DO UPDATE SET tokens = excluded.tokens, since = excluded.since, wait_s = excluded.wait_s
    RETURNING wait_s
$$;
