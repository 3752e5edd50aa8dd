-- What a connection that answers statements has beside the file. SQL cannot work intervals out, so the program puts them into the table
-- when a statement reads the view; it hides the view of the file that has the same name and all columns but these.

CREATE TEMP TABLE setting_figures (
    sweep     TEXT NOT NULL,
    position  INTEGER NOT NULL,
    setting   TEXT NOT NULL,
    choice    TEXT NOT NULL,
    metric    TEXT NOT NULL, -- '' for the row of the setting itself
    mean      REAL, -- NULL for NaN
    low       REAL,
    high      REAL,
    PRIMARY KEY (sweep, position, metric)
) STRICT, WITHOUT ROWID;

-- view v_settings:
--   setting           in words, as `runs --by-setting` has it
--   choice            chosen, tied or empty
--   mmd_low           the low end of the 95 % interval of the mean; NULL for fewer than two seeds
--   sliced_w2_low     likewise
--   energy_low        likewise
--   w2_low            likewise
--   mmd_high          the high end
--   sliced_w2_high    likewise
--   energy_high       likewise
--   w2_high           likewise
--   metrics_low       the low ends of all metrics as a JSON object
--   metrics_high      the high ends of all metrics as a JSON object
CREATE TEMP VIEW v_settings AS
WITH wide AS (
    SELECT sweep, position, max(setting) AS setting, max(choice) AS choice,
        max(iif(metric = 'mmd', mean, NULL)) AS mmd, max(iif(metric = 'mmd', low, NULL)) AS mmd_low, max(iif(metric = 'mmd', high, NULL)) AS mmd_high,
        max(iif(metric = 'sliced-w2', mean, NULL)) AS sliced_w2, max(iif(metric = 'sliced-w2', low, NULL)) AS sliced_w2_low,
        max(iif(metric = 'sliced-w2', high, NULL)) AS sliced_w2_high,
        max(iif(metric = 'energy', mean, NULL)) AS energy, max(iif(metric = 'energy', low, NULL)) AS energy_low, max(iif(metric = 'energy', high, NULL)) AS energy_high,
        max(iif(metric = 'w2', mean, NULL)) AS w2, max(iif(metric = 'w2', low, NULL)) AS w2_low, max(iif(metric = 'w2', high, NULL)) AS w2_high,
        json_group_object(metric, CASE WHEN abs(mean) = 9e999 THEN iif(mean > 0, 'inf', '-inf') ELSE coalesce(mean, 'nan') END)
            FILTER (WHERE metric <> '') AS metrics,
        json_group_object(metric, CASE WHEN abs(low) = 9e999 THEN iif(low > 0, 'inf', '-inf') ELSE low END)
            FILTER (WHERE metric <> '') AS metrics_low,
        json_group_object(metric, CASE WHEN abs(high) = 9e999 THEN iif(high > 0, 'inf', '-inf') ELSE high END)
            FILTER (WHERE metric <> '') AS metrics_high
    FROM setting_figures GROUP BY sweep, position
)
SELECT s.sweep, w.setting, w.choice, s.position, s.target, s.path, s.coupling, s.width, s.depth, s.activation, s.train_steps, s.batch, s.rate,
    s.solver, s.steps, s.count, s.seeds, s.planned, s.nfe, s.params, s.fit_seconds, s.seconds,
    iif(abs(coalesce(w.mmd, s.mmd)) < 9e999, coalesce(w.mmd, s.mmd), NULL) AS mmd, w.mmd_low, w.mmd_high,
    iif(abs(coalesce(w.sliced_w2, s.sliced_w2)) < 9e999, coalesce(w.sliced_w2, s.sliced_w2), NULL) AS sliced_w2, w.sliced_w2_low, w.sliced_w2_high,
    iif(abs(coalesce(w.energy, s.energy)) < 9e999, coalesce(w.energy, s.energy), NULL) AS energy, w.energy_low, w.energy_high,
    iif(abs(coalesce(w.w2, s.w2)) < 9e999, coalesce(w.w2, s.w2), NULL) AS w2, w.w2_low, w.w2_high,
    json_patch(s.metrics, coalesce(w.metrics, '{}')) AS metrics, s.metrics_n, w.metrics_low, w.metrics_high, s.metrics_seed_low, s.metrics_seed_high,
    s.runs, s.tags, s.fit_config, s.run_config
FROM main.v_settings s LEFT JOIN wide w ON w.sweep = s.sweep AND w.position = s.position;
