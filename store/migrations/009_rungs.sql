-- What the net of a fit was worth at a step of its training, by which early_stop decides: see experiments/early.go.
CREATE TABLE rungs (
    fit     TEXT NOT NULL REFERENCES fits (key),
    metric  TEXT NOT NULL,
    seed    TEXT NOT NULL,    -- of the reference, in digits: that of the points the metric is taken at
    step    INTEGER NOT NULL,
    value   REAL,
    kind    TEXT NOT NULL CHECK (kind IN ('finite', 'nan', 'inf', '-inf')),
    version INTEGER NOT NULL, -- of the metric
    seal    INTEGER,
    PRIMARY KEY (fit, metric, seed, step),
    CHECK ((kind = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

-- A fit may be pruned: it stopped early, at its checkpoint. SQLite has no statement that changes a CHECK, and recommends this, see
-- https://www.sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''failed'', ''killed'', ''lost''))', '''failed'', ''killed'', ''lost'', ''pruned''))')
    WHERE type = 'table' AND name = 'fits';
PRAGMA writable_schema = RESET;
