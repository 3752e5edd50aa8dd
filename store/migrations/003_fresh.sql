-- The metrics of the chosen setting on samples that played no part in the choice. Version 2 kept them in choice.json.
CREATE TABLE fresh (
    sweep     TEXT PRIMARY KEY REFERENCES sweeps (name),
    reference TEXT NOT NULL, -- key of the reference sample that was used for the choice
    json      TEXT NOT NULL CHECK (json_valid(json)) -- runs, count, and the mean, low and high of each metric
) STRICT;

-- MATERIALIZED ensures that the JSON functions below only see valid JSON.
WITH choices AS MATERIALIZED (
    SELECT a.owner AS sweep, CAST(b.bytes AS TEXT) AS json
    FROM artifacts a JOIN blobs b USING (sha256)
    WHERE a.owner_kind = 'sweep' AND a.name = 'choice.json' AND json_valid(CAST(b.bytes AS TEXT))
)
INSERT OR IGNORE INTO fresh (sweep, reference, json)
SELECT c.sweep, p.reference, c.json -> '$.fresh'
FROM choices c JOIN sweep_runs p ON p.sweep = c.sweep AND p.run = c.json ->> '$.chosen.run'
WHERE json_type(c.json, '$.fresh') = 'object';
