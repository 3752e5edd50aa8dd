-- What whoever reads the file can rely on: columns are added, never renamed or removed. `flowsweep query` prints the comments
-- below, so each column has one.

-- view v_runs: one row for each run of each sweep
--   sweep        the sweep's name
--   position     the run's place in the plan of the sweep, from 0
--   run          its key
--   fit          the key of the fit whose net it samples
--   reference    the key of the reference sample that its metrics are measured against
--   state        of the run, or of its fit where that did not finish; running is lost while no program works on the store
--   error        likewise
--   seed         of the fit; a text above 9223372036854775807
--   target       by name, the whole of it in fit_config
--   path         likewise
--   coupling     likewise
--   width        of the net
--   depth        of the net
--   activation   of the net
--   train_steps  training steps
--   batch        points of a training step
--   rate         learning rate
--   solver       by name, the whole of it in run_config
--   steps        of the solver; NULL for one that chooses its own
--   count        samples that were drawn
--   nfe          velocity calls a sample, the mean
--   nfe_max      velocity calls of the sample that took the most
--   params       trained numbers of the net
--   fit_seconds  of training
--   seconds      of sampling
--   version      of the program that sampled it, or else trained its fit
--   commit       of that program
--   engine       of that program
--   mmd          the metric against the reference; NULL where not measured or not finite
--   sliced_w2    likewise
--   energy       likewise
--   w2           likewise
--   metrics      all metrics as a JSON object; "nan", "inf" and "-inf" are strings
--   metrics_se   their standard errors, likewise
--   fit_config   recipe and seed as JSON
--   run_config   sampling as JSON
--   tags         of the run, its fit and its sweep, as a JSON array
--   note         on the run
--   fit_note     on its fit
--   sweep_note   on its sweep
DROP VIEW v_runs;
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
    f.config AS fit_config, r.config AS run_config,
    (SELECT json_group_array(tag) FROM (
        SELECT t.tag FROM tags t WHERE (t.owner_kind, t.owner) = ('run', p.run)
        UNION SELECT t.tag FROM tags t WHERE (t.owner_kind, t.owner) = ('fit', r.fit)
        UNION SELECT t.tag FROM tags t WHERE (t.owner_kind, t.owner) = ('sweep', p.sweep) ORDER BY 1)) AS tags,
    (SELECT n.text FROM notes n WHERE (n.owner_kind, n.owner) = ('run', p.run)) AS note,
    (SELECT n.text FROM notes n WHERE (n.owner_kind, n.owner) = ('fit', r.fit)) AS fit_note,
    (SELECT n.text FROM notes n WHERE (n.owner_kind, n.owner) = ('sweep', p.sweep)) AS sweep_note
FROM sweep_runs p
JOIN runs r ON r.key = p.run
JOIN fits f ON f.key = r.fit
LEFT JOIN environments e ON e.hash = coalesce(r.environment, f.environment);

-- view v_fits: one row for each fit of each sweep
--   sweep        the sweep's name
--   fit          its key
--   position     the place of its first run in the plan of the sweep
--   state        running is lost while no program works on the store
--   error        why it did not finish
--   seed         a text above 9223372036854775807
--   target       by name, the whole of it in config
--   path         likewise
--   coupling     likewise
--   width        of the net
--   depth        of the net
--   activation   of the net
--   train_steps  training steps that were asked for
--   batch        points of a training step
--   rate         learning rate
--   params       trained numbers of the net
--   seconds      of training
--   started      in UTC; NULL where it never was
--   finished     in UTC; NULL where it has not
--   version      of the program that trained it
--   commit       of that program
--   engine       of that program
--   runs         of the sweep that sample it
--   last_step    the last step with a loss
--   last_loss    the loss there; NULL where it is not finite
--   teacher      the key of the fit that made its pairs, for reflow
--   config       recipe and seed as JSON
--   tags         of the fit and its sweep, as a JSON array
--   note         on the fit
CREATE VIEW v_fits AS
SELECT
    s.sweep, f.key AS fit, s.position, f.state, f.error,
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
    f.params, f.seconds, f.started, f.finished,
    coalesce(e.json ->> '$.version', '') AS version,
    coalesce(e.json ->> '$.commit', '') AS "commit",
    coalesce(e.json ->> '$.engine', '') AS engine,
    s.runs,
    (SELECT max(l.step) FROM losses l WHERE l.fit = f.key) AS last_step,
    (SELECT l.value FROM losses l WHERE l.fit = f.key ORDER BY l.step DESC LIMIT 1) AS last_loss,
    f.config ->> '$.teacher' AS teacher,
    f.config AS config,
    (SELECT json_group_array(tag) FROM (
        SELECT t.tag FROM tags t WHERE (t.owner_kind, t.owner) = ('fit', f.key)
        UNION SELECT t.tag FROM tags t WHERE (t.owner_kind, t.owner) = ('sweep', s.sweep) ORDER BY 1)) AS tags,
    (SELECT n.text FROM notes n WHERE (n.owner_kind, n.owner) = ('fit', f.key)) AS note
FROM (
    SELECT p.sweep, r.fit, min(p.position) AS position, count(*) AS runs
    FROM sweep_runs p JOIN runs r ON r.key = p.run GROUP BY p.sweep, r.fit
) s
JOIN fits f ON f.key = s.fit
LEFT JOIN environments e ON e.hash = f.environment;

-- view v_losses: one row for each loss of each fit
--   fit          the key of the fit
--   step         of its training
--   loss         the training loss up to the step; NULL where it is not finite
--   kind         finite, nan, inf or -inf
--   held_out     the loss on held-out rows after the step; NULL where it was not measured
CREATE VIEW v_losses AS
SELECT l.fit, l.step, l.value AS loss, l.kind, l.held_out FROM losses l;

-- view v_metrics: one row for each metric of each run of each sweep
--   sweep        the sweep's name
--   position     the run's place in the plan of the sweep
--   run          its key
--   metric       its name, with @CLASS where it is of one class
--   value        against the reference; NULL where it is not finite
--   kind         finite, nan, inf or -inf
--   se           standard error from the samples alone; NULL where there is none
--   p            of the metric's own test; NULL where it has none
CREATE VIEW v_metrics AS
SELECT s.sweep, s.position, s.run, m.name AS metric, m.value, m.kind, m.se, m.p
FROM sweep_runs s JOIN metrics m ON (m.run, m.reference) = (s.run, s.reference);

-- view v_settings: one row for each setting of each sweep: its runs of all seeds together
--   sweep             the sweep's name
--   position          the place of its first run in the plan of the sweep
--   target            by name, the whole of it in fit_config
--   path              likewise
--   coupling          likewise
--   width             of the net
--   depth             of the net
--   activation        of the net
--   train_steps       training steps
--   batch             points of a training step
--   rate              learning rate
--   solver            by name, the whole of it in run_config
--   steps             of the solver; NULL for one that chooses its own
--   count             samples that were drawn for each seed
--   seeds             that finished; all figures are of these
--   planned           seeds, finished or not
--   nfe               velocity calls a sample, the mean over the seeds
--   params            trained numbers of the net
--   fit_seconds       of training, the mean
--   seconds           of sampling, the mean
--   mmd               the mean of the metric; NULL where not measured or not finite
--   sliced_w2         likewise
--   energy            likewise
--   w2                likewise
--   metrics           the means of all metrics as a JSON object; "nan", "inf" and "-inf" are strings
--   metrics_n         how many seeds each is the mean of, likewise
--   metrics_seed_low  the lowest value of a seed, likewise
--   metrics_seed_high the highest value of a seed, likewise
--   runs              the keys of its runs as a JSON array
--   tags              of its runs, their fits and its sweep, as a JSON array
--   fit_config        recipe as JSON
--   run_config        sampling as JSON
CREATE VIEW v_settings AS
WITH planned AS (
    SELECT p.sweep, p.position, p.run, p.reference, r.fit,
        json_remove(f.config, '$.seed', '$.teacher') AS fit_config, r.config AS run_config,
        f.state = 'finished' AND r.state = 'finished' AS done, r.nfe_mean, f.params, f.seconds AS fit_seconds, r.seconds
    FROM sweep_runs p JOIN runs r ON r.key = p.run JOIN fits f ON f.key = r.fit
), placed AS (
    SELECT *, min(position) OVER (PARTITION BY sweep, fit_config, run_config) AS first FROM planned
), values_of AS (
    SELECT p.sweep, p.first, m.name, m.kind,
        CASE m.kind WHEN 'inf' THEN 9e999 WHEN '-inf' THEN -9e999 ELSE m.value END AS value
    FROM placed p JOIN metrics m ON (m.run, m.reference) = (p.run, p.reference) WHERE p.done
), means AS (
    SELECT sweep, first, name, count(*) AS n,
        CASE WHEN sum(kind = 'nan') = 0 THEN avg(value) END AS mean,
        CASE WHEN sum(kind = 'nan') = 0 THEN min(value) END AS low,
        CASE WHEN sum(kind = 'nan') = 0 THEN max(value) END AS high
    FROM values_of GROUP BY sweep, first, name
), objects AS (
    SELECT sweep, first,
        max(CASE WHEN name = 'mmd' AND abs(mean) < 9e999 THEN mean END) AS mmd,
        max(CASE WHEN name = 'sliced-w2' AND abs(mean) < 9e999 THEN mean END) AS sliced_w2,
        max(CASE WHEN name = 'energy' AND abs(mean) < 9e999 THEN mean END) AS energy,
        max(CASE WHEN name = 'w2' AND abs(mean) < 9e999 THEN mean END) AS w2,
        json_group_object(name, CASE WHEN mean = 9e999 THEN 'inf' WHEN mean = -9e999 THEN '-inf' ELSE coalesce(mean, 'nan') END) AS metrics,
        json_group_object(name, n) AS metrics_n,
        json_group_object(name, CASE WHEN low = 9e999 THEN 'inf' WHEN low = -9e999 THEN '-inf' ELSE coalesce(low, 'nan') END) AS metrics_seed_low,
        json_group_object(name, CASE WHEN high = 9e999 THEN 'inf' WHEN high = -9e999 THEN '-inf' ELSE coalesce(high, 'nan') END) AS metrics_seed_high
    FROM means GROUP BY sweep, first
), tagged AS (
    SELECT sweep, first, json_group_array(tag) AS tags FROM (
        SELECT p.sweep, p.first, t.tag FROM tags t JOIN placed p ON p.run = t.owner WHERE t.owner_kind = 'run'
        UNION SELECT p.sweep, p.first, t.tag FROM tags t JOIN placed p ON p.fit = t.owner WHERE t.owner_kind = 'fit'
        UNION SELECT p.sweep, p.first, t.tag FROM tags t JOIN placed p ON p.sweep = t.owner WHERE t.owner_kind = 'sweep'
    ) GROUP BY sweep, first
), grouped AS (
    SELECT sweep, first, fit_config, run_config, sum(done) AS seeds, count(*) AS planned,
        avg(CASE WHEN done THEN nfe_mean END) AS nfe, max(CASE WHEN done THEN params END) AS params,
        avg(CASE WHEN done THEN fit_seconds END) AS fit_seconds, avg(CASE WHEN done THEN seconds END) AS seconds,
        json_group_array(run) AS runs
    FROM placed GROUP BY sweep, first
)
SELECT
    g.sweep, g.first AS position,
    g.fit_config ->> '$.target.name' AS target,
    coalesce(g.fit_config ->> '$.path.name', g.fit_config ->> '$.path') AS path,
    coalesce(g.fit_config ->> '$.coupling.name', g.fit_config ->> '$.coupling') AS coupling,
    g.fit_config ->> '$.net.width' AS width,
    g.fit_config ->> '$.net.depth' AS depth,
    g.fit_config ->> '$.net.activation' AS activation,
    g.fit_config ->> '$.train.steps' AS train_steps,
    g.fit_config ->> '$.train.batch' AS batch,
    g.fit_config ->> '$.train.rate' AS rate,
    coalesce(g.run_config ->> '$.solver.name', g.run_config ->> '$.solver') AS solver,
    g.run_config ->> '$.steps' AS steps,
    g.run_config ->> '$.count' AS count,
    g.seeds, g.planned, g.nfe, g.params, g.fit_seconds, g.seconds,
    o.mmd, o.sliced_w2, o.energy, o.w2,
    coalesce(o.metrics, '{}') AS metrics, coalesce(o.metrics_n, '{}') AS metrics_n,
    coalesce(o.metrics_seed_low, '{}') AS metrics_seed_low, coalesce(o.metrics_seed_high, '{}') AS metrics_seed_high,
    g.runs, coalesce(t.tags, '[]') AS tags, g.fit_config, g.run_config
FROM grouped g
LEFT JOIN objects o ON o.sweep = g.sweep AND o.first = g.first
LEFT JOIN tagged t ON t.sweep = g.sweep AND t.first = g.first;

-- view v_aliases: one row for each alias that names a run; `flowsweep aliases` has all their moves
--   alias  its name, such as champion
--   run    the key of the run that it names
--   moves  how often it was moved, this time included
--   moved  when, the last time
--   who    name of the user who moved it
--   host   name of the machine on which it was moved
--   note   why, '' if nobody says
CREATE VIEW v_aliases AS
SELECT m.alias, m.run, m.move AS moves, m.moved, m.who, m.host, m.note
FROM alias_moves m
WHERE m.run IS NOT NULL AND m.move = (SELECT max(o.move) FROM alias_moves o WHERE o.alias = m.alias);
