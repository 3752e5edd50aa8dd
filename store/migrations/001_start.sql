-- Numbers that may be NaN or infinite are a value and a kind: SQLite stores NaN as NULL.
-- Times are text in UTC with nanoseconds, so that they sort; documents are JSON.

CREATE TABLE environments (
    hash TEXT PRIMARY KEY, -- sha256 of the JSON
    json TEXT NOT NULL CHECK (json_valid(json))
) STRICT;

CREATE TABLE sweeps (
    name         TEXT PRIMARY KEY,
    spec         TEXT NOT NULL, -- the file as it was read
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'killed', 'lost')),
    started      TEXT NOT NULL, -- first
    last_started TEXT NOT NULL,
    finished     TEXT,
    environment  TEXT NOT NULL REFERENCES environments (hash) -- of the latest start
) STRICT;

CREATE TABLE fits (
    key         TEXT PRIMARY KEY,
    config      TEXT NOT NULL CHECK (json_valid(config)), -- recipe and seed
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'killed', 'lost')),
    seconds     REAL NOT NULL DEFAULT 0,
    params      INTEGER NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    environment TEXT REFERENCES environments (hash),
    started     TEXT,
    finished    TEXT
) STRICT;

CREATE TABLE losses (
    fit   TEXT NOT NULL REFERENCES fits (key),
    step  INTEGER NOT NULL,
    value REAL,
    kind  TEXT NOT NULL CHECK (kind IN ('finite', 'nan', 'inf', '-inf')),
    PRIMARY KEY (fit, step),
    CHECK ((kind = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    key         TEXT PRIMARY KEY,
    fit         TEXT NOT NULL REFERENCES fits (key),
    config      TEXT NOT NULL CHECK (json_valid(config)), -- sampling
    state       TEXT NOT NULL CHECK (state IN ('queued', 'running', 'finished', 'failed', 'killed', 'lost')),
    nfe         INTEGER NOT NULL DEFAULT 0,
    seconds     REAL NOT NULL DEFAULT 0,
    error       TEXT NOT NULL DEFAULT '',
    environment TEXT REFERENCES environments (hash),
    finished    TEXT
) STRICT;

CREATE INDEX runs_fit ON runs (fit);

CREATE TABLE sweep_runs (
    sweep     TEXT NOT NULL REFERENCES sweeps (name),
    position  INTEGER NOT NULL, -- in the plan, from 0
    run       TEXT NOT NULL REFERENCES runs (key),
    reference TEXT NOT NULL,    -- key of the reference sample its metrics are measured against
    PRIMARY KEY (sweep, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX sweep_runs_run ON sweep_runs (run);

CREATE TABLE metrics (
    run       TEXT NOT NULL REFERENCES runs (key),
    reference TEXT NOT NULL,
    name      TEXT NOT NULL,
    value     REAL,
    kind      TEXT NOT NULL CHECK (kind IN ('finite', 'nan', 'inf', '-inf')),
    PRIMARY KEY (run, reference, name),
    CHECK ((kind = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE blobs (
    sha256 TEXT PRIMARY KEY,
    bytes  BLOB NOT NULL
) STRICT;

CREATE TABLE artifacts (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('fit', 'run', 'sweep')),
    owner      TEXT NOT NULL, -- key of a fit or run, or name of a sweep
    name       TEXT NOT NULL,
    sha256     TEXT NOT NULL REFERENCES blobs (sha256),
    size       INTEGER NOT NULL,
    PRIMARY KEY (owner_kind, owner, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX artifacts_sha256 ON artifacts (sha256);

CREATE TABLE checks (
    sweep TEXT NOT NULL REFERENCES sweeps (name),
    file  TEXT NOT NULL,
    json  TEXT NOT NULL CHECK (json_valid(json)),
    PRIMARY KEY (sweep, file)
) STRICT, WITHOUT ROWID;
