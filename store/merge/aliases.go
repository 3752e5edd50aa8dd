package merge

// aliases copies the moves of aliases that are not here, or that went on there from where they are here. An alias that was moved in
// another way there stays as it is here.
func (t *taking) aliases() (err error) {
	const (
		// Aliases of which a move is not the same in both, though both have one of its number.
		strayed = `SELECT DISTINCT m.alias FROM main.alias_moves m JOIN other.alias_moves o USING (alias, move)
			WHERE (m.moved, m.who, m.host, m.note) <> (o.moved, o.who, o.host, o.note) OR m.run IS NOT o.run`
		ours   = `(SELECT coalesce('run ' || run, 'no run') FROM main.alias_moves x WHERE x.alias = s.alias ORDER BY move DESC LIMIT 1)`
		theirs = `(SELECT coalesce('run ' || run, 'no run') FROM other.alias_moves x WHERE x.alias = s.alias ORDER BY move DESC LIMIT 1)`
	)
	if err := t.texts(&t.taken.Differ, `SELECT printf('alias %s names %s here and %s there, or has another history: ours is kept, theirs left out', s.alias, `+ours+`, `+theirs+`)
		FROM (`+strayed+`) s ORDER BY s.alias`); err != nil {
		return err
	}
	t.taken.Aliases, err = t.exec(`INSERT INTO main.alias_moves (alias, move, run, moved, who, host, note)
		SELECT alias, move, run, moved, who, host, note FROM other.alias_moves o WHERE alias NOT IN (` + strayed + `)
			AND NOT EXISTS (SELECT 1 FROM main.alias_moves m WHERE (m.alias, m.move) = (o.alias, o.move))`)
	return err
}
