package flow

// Defaults returns the default of every family.
func Defaults[T any](families []Family[T]) []T {
	var all []T
	for _, f := range families {
		made, err := f.Default.Make()
		if err != nil {
			panic("flow: the default of the family " + f.Name + ": " + err.Error())
		}
		all = append(all, made)
	}
	return all
}
