-- The checksum of the row's other values, which the program keeps up to date and compares: see seal.go. NULL where an
-- earlier version stored what cannot be right.
ALTER TABLE sweeps ADD COLUMN seal INTEGER;
ALTER TABLE fits ADD COLUMN losses_seal INTEGER; -- of the losses, by step; NULL before training has ended
ALTER TABLE fits ADD COLUMN seal INTEGER;
ALTER TABLE runs ADD COLUMN seal INTEGER;
ALTER TABLE sweep_runs ADD COLUMN seal INTEGER;
ALTER TABLE sweep_extras ADD COLUMN seal INTEGER;
ALTER TABLE metrics ADD COLUMN seal INTEGER;
ALTER TABLE artifacts ADD COLUMN seal INTEGER;
ALTER TABLE checks ADD COLUMN seal INTEGER;
ALTER TABLE checkpoints ADD COLUMN seal INTEGER;
ALTER TABLE failures ADD COLUMN seal INTEGER;
ALTER TABLE tags ADD COLUMN seal INTEGER;
ALTER TABLE notes ADD COLUMN seal INTEGER;
ALTER TABLE nulls ADD COLUMN seal INTEGER;
ALTER TABLE fresh ADD COLUMN seal INTEGER;
ALTER TABLE baselines ADD COLUMN seal INTEGER;
