-- Aliases name runs, such as `champion`. Each row is a move: the latest one of an alias says which run it names, and none of
-- them is ever changed or removed.
CREATE TABLE alias_moves (
    alias TEXT NOT NULL,
    move  INTEGER NOT NULL, -- from 1
    run   TEXT,             -- key of the run that it names from then on; NULL where it is removed. An earlier one may be deleted by now
    moved TEXT NOT NULL,    -- when
    who   TEXT NOT NULL,    -- name of the user
    host  TEXT NOT NULL,    -- name of the machine
    note  TEXT NOT NULL,    -- why, '' if nobody says
    seal  INTEGER,
    PRIMARY KEY (alias, move)
) STRICT, WITHOUT ROWID;
