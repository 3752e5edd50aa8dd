-- What the stage between training and sampling found for the net of a fit: the coefficients of a solver, or a time grid.
CREATE TABLE tunings (
    key     TEXT PRIMARY KEY, -- hash of all that the coefficients depend on
    fit     TEXT NOT NULL REFERENCES fits (key),
    tuned   TEXT NOT NULL CHECK (json_valid(tuned)),  -- solver or grid, path, grid, calls and points
    found   TEXT NOT NULL CHECK (json_valid(found)),  -- coefficients
    judged  TEXT NOT NULL CHECK (json_valid(judged)), -- on fresh noise
    nfe     INTEGER NOT NULL, -- velocity calls spent for each point of noise
    points  INTEGER NOT NULL, -- of noise
    seconds REAL NOT NULL,
    seal    INTEGER
) STRICT;

CREATE INDEX tunings_fit ON tunings (fit);
