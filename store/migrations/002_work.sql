-- What is kept to go on after a crash, what people say of their work, what a metric reads when nothing is wrong, and a
-- view for whoever reads the file without this program.

-- At most one checkpoint a fit: the training can go on after that step, and the losses up to it are its own.
CREATE TABLE checkpoints (
    fit    TEXT PRIMARY KEY REFERENCES fits (key),
    step   INTEGER NOT NULL CHECK (step > 0),
    sha256 TEXT NOT NULL, -- of the bytes
    bytes  BLOB NOT NULL
) STRICT;

-- Each try that did not finish, whatever became of the fit or run since.
CREATE TABLE failures (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('fit', 'run')),
    owner      TEXT NOT NULL, -- key
    try        INTEGER NOT NULL, -- from 1, of those that did not finish
    state      TEXT NOT NULL CHECK (state IN ('failed', 'killed', 'lost')),
    error      TEXT NOT NULL,
    started    TEXT, -- where it is known
    noticed    TEXT NOT NULL,
    PRIMARY KEY (owner_kind, owner, try)
) STRICT, WITHOUT ROWID;

CREATE TABLE tags (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('fit', 'run', 'sweep')),
    owner      TEXT NOT NULL, -- key of a fit or run, or name of a sweep
    tag        TEXT NOT NULL CHECK (tag <> ''),
    PRIMARY KEY (owner_kind, owner, tag)
) STRICT, WITHOUT ROWID;

CREATE TABLE notes (
    owner_kind TEXT NOT NULL CHECK (owner_kind IN ('fit', 'run', 'sweep')),
    owner      TEXT NOT NULL,
    text       TEXT NOT NULL CHECK (text <> ''),
    PRIMARY KEY (owner_kind, owner)
) STRICT, WITHOUT ROWID;

-- The null distribution of a metric: its values between samples that are both drawn from the truth.
CREATE TABLE nulls (
    key       TEXT PRIMARY KEY, -- of all that the values depend on
    reference TEXT NOT NULL,    -- key of the reference sample
    metric    TEXT NOT NULL,
    n         INTEGER NOT NULL, -- points of the sample that is compared with the reference
    count     INTEGER NOT NULL, -- values
    mean      REAL,             -- with q95, the 95 % quantile, NULL where it is NaN
    q95       REAL,
    json      TEXT NOT NULL CHECK (json_valid(json)) -- the values; strings where they are not finite
) STRICT;

CREATE INDEX nulls_reference ON nulls (reference, metric);

-- The velocity calls a sample in the mean over the samples; nfe is those of the sample that took the most.
ALTER TABLE runs ADD COLUMN nfe_mean REAL NOT NULL DEFAULT 0;
UPDATE runs SET nfe_mean = nfe;

-- The standard error of the value, NULL where there is none.
ALTER TABLE metrics ADD COLUMN se REAL;

-- The order of the latest starts, from 1. Clocks jump; this does not.
ALTER TABLE sweeps ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
UPDATE sweeps SET turn = (SELECT count(*) FROM sweeps o
    WHERE o.last_started < sweeps.last_started OR o.last_started = sweeps.last_started AND o.name >= sweeps.name);
CREATE INDEX sweeps_turn ON sweeps (turn);

-- Few fits and runs of a large store are in one of these.
CREATE INDEX fits_unfinished ON fits (state) WHERE state <> 'finished';
CREATE INDEX runs_unfinished ON runs (state) WHERE state <> 'finished';
CREATE INDEX fits_environment ON fits (environment);
CREATE INDEX runs_environment ON runs (environment);

-- v_runs has one row for each run of each sweep. It is promised: columns are added, never renamed or removed.
--
--   sweep, position            the sweep's name, and the run's place in its plan, from 0
--   run, fit, reference        keys
--   state, error               of the run, or of its fit where that did not finish; what reads `running` while no
--                              program works on the store is lost
--   seed .. count              what was asked for; path and coupling by name, the whole of them in the configs
--   nfe, nfe_max, params       velocity calls a sample, the mean and the most; trained numbers of the net
--   fit_seconds, seconds       of training and of sampling
--   version, commit, engine    of the environment the run was sampled in, or else its fit was trained in
--   mmd .. w2                  metrics against the reference; NULL where not measured or NaN
--   metrics, metrics_se        all of them as JSON objects; "nan", "inf" and "-inf" are strings
--   fit_config, run_config     recipe with seed, and sampling, as JSON
CREATE VIEW v_runs AS
SELECT
    p.sweep, p.position, p.run, r.fit, p.reference,
    CASE f.state WHEN 'finished' THEN r.state ELSE f.state END AS state,
    CASE f.state WHEN 'finished' THEN r.error ELSE f.error END AS error,
    -- json_extract would round a seed above 2^63.
    CASE typeof(f.config ->> '$.seed') WHEN 'integer' THEN f.config ->> '$.seed' ELSE f.config -> '$.seed' END AS seed,
    f.config ->> '$.target.name' AS target,
    coalesce(f.config ->> '$.path.name', f.config ->> '$.path') AS path,
    coalesce(f.config ->> '$.coupling.name', f.config ->> '$.coupling') AS coupling,
    f.config ->> '$.net.width' AS width,
    f.config ->> '$.net.depth' AS depth,
    f.config ->> '$.net.activation' AS activation,
    f.config ->> '$.train.steps' AS train_steps,
    f.config ->> '$.train.batch' AS batch,
    f.config ->> '$.train.rate' AS rate,
    coalesce(r.config ->> '$.solver.name', r.config ->> '$.solver') AS solver,
    r.config ->> '$.steps' AS steps,
    r.config ->> '$.count' AS count,
    r.nfe_mean AS nfe, r.nfe AS nfe_max, f.params, f.seconds AS fit_seconds, r.seconds,
    coalesce(e.json ->> '$.version', '') AS version,
    coalesce(e.json ->> '$.commit', '') AS "commit",
    coalesce(e.json ->> '$.engine', '') AS engine,
    (SELECT m.value FROM metrics m WHERE (m.run, m.reference, m.name) = (p.run, p.reference, 'mmd')) AS mmd,
    (SELECT m.value FROM metrics m WHERE (m.run, m.reference, m.name) = (p.run, p.reference, 'sliced-w2')) AS sliced_w2,
    (SELECT m.value FROM metrics m WHERE (m.run, m.reference, m.name) = (p.run, p.reference, 'energy')) AS energy,
    (SELECT m.value FROM metrics m WHERE (m.run, m.reference, m.name) = (p.run, p.reference, 'w2')) AS w2,
    (SELECT json_group_object(m.name, coalesce(m.value, m.kind)) FROM metrics m
        WHERE (m.run, m.reference) = (p.run, p.reference)) AS metrics,
    (SELECT json_group_object(m.name, iif(m.se > 1.7976931348623157e308, 'inf', m.se)) FROM metrics m
        WHERE (m.run, m.reference) = (p.run, p.reference) AND m.se IS NOT NULL) AS metrics_se,
    f.config AS fit_config, r.config AS run_config
FROM sweep_runs p
JOIN runs r ON r.key = p.run
JOIN fits f ON f.key = r.fit
LEFT JOIN environments e ON e.hash = coalesce(r.environment, f.environment);
