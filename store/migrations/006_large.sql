-- The size of a content that is not in the store but in a file beside it, named by its sha256; `bytes` is then empty. NULL for all
-- others. SQLite has values of up to 1e9 bytes.
ALTER TABLE blobs ADD COLUMN size INTEGER;
ALTER TABLE checkpoints ADD COLUMN size INTEGER;

-- Without it, finding them would mean reading past all contents that are in the store.
CREATE INDEX blobs_large ON blobs (sha256) WHERE size IS NOT NULL;
