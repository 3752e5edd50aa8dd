-- The loss on held-out rows after the step, beside the training loss up to it; NULL if no rows are held out.
ALTER TABLE losses ADD COLUMN held_out REAL;

-- The p-value of a metric's own test, NULL if it has none, and the recipe version of its value, 0 for the first.
ALTER TABLE metrics ADD COLUMN p REAL;
ALTER TABLE metrics ADD COLUMN version INTEGER NOT NULL DEFAULT 0;

-- Runs that a sweep needs besides those of its plan: "dense", a solve of a fit so fine that what is left of its error is
-- the net's; "twin", an adaptive run at fixed steps, as it is exported.
CREATE TABLE sweep_extras (
    sweep     TEXT NOT NULL REFERENCES sweeps (name),
    role      TEXT NOT NULL CHECK (role IN ('dense', 'twin')),
    run       TEXT NOT NULL REFERENCES runs (key),
    reference TEXT NOT NULL, -- key of the reference sample
    PRIMARY KEY (sweep, role, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX sweep_extras_run ON sweep_extras (run);

-- Metrics of samples that come from no net, to compare nets with.
CREATE TABLE baselines (
    reference TEXT NOT NULL,    -- key of the reference sample
    name      TEXT NOT NULL,    -- of the baseline
    n         INTEGER NOT NULL, -- points of each sample
    draw      INTEGER NOT NULL, -- of the sample, from 0
    metric    TEXT NOT NULL,
    version   INTEGER NOT NULL, -- recipe version of the value
    value     REAL,
    kind      TEXT NOT NULL CHECK (kind IN ('finite', 'nan', 'inf', '-inf')),
    se        REAL,
    p         REAL,             -- of the metric's own test, NULL if it has none
    PRIMARY KEY (reference, name, n, draw, metric),
    CHECK ((kind = 'finite') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;
