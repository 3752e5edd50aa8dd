-- The metrics of the chosen setting on points that the choice never saw. They were read back from choice.json.
CREATE TABLE fresh (
    sweep     TEXT PRIMARY KEY REFERENCES sweeps (name),
    reference TEXT NOT NULL, -- key of the reference sample that the choice was made by
    json      TEXT NOT NULL CHECK (json_valid(json)) -- runs, count, and of each metric the mean, low and high
) STRICT;

-- MATERIALIZED keeps what is no JSON away from the functions that read it.
WITH choices AS MATERIALIZED (
    SELECT a.owner AS sweep, CAST(b.bytes AS TEXT) AS json
    FROM artifacts a JOIN blobs b USING (sha256)
    WHERE a.owner_kind = 'sweep' AND a.name = 'choice.json' AND json_valid(CAST(b.bytes AS TEXT))
)
INSERT OR IGNORE INTO fresh (sweep, reference, json)
SELECT c.sweep, p.reference, c.json -> '$.fresh'
FROM choices c JOIN sweep_runs p ON p.sweep = c.sweep AND p.run = c.json ->> '$.chosen.run'
WHERE json_type(c.json, '$.fresh') = 'object';
