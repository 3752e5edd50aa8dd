package experiments

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Swept is a field in which settings differ.
type Swept struct {
	Key    string   // its path in a spec: net.width
	Name   string   // the shortest end of the path that no other swept field has: width
	Values []string // of each setting, in short; "" where it has none
	Levels []string // the distinct values, numbers in order and texts as they come; without ""
}

// Swept returns the fields in which the settings differ, in their order.
func (l Labels) Swept() (list []Swept) {
	at := map[string]int{}
	for i, fields := range l.settings {
		for _, f := range fields {
			if !l.varies[f.Key] {
				continue
			}
			k, known := at[f.Key]
			if !known {
				k = len(list)
				at[f.Key] = k
				list = append(list, Swept{Key: f.Key, Values: make([]string, len(l.settings))})
			}
			value := f.Value
			if short, ok := l.short[[2]string{f.Key, f.Value}]; ok {
				value = short
			}
			list[k].Values[i] = value
		}
	}
	for k := range list {
		list[k].Name, list[k].Levels = shortest(list, k), levels(list[k].Values)
	}
	return list
}

// shortest returns the shortest end of the key of list k that no other key has.
func shortest(list []Swept, k int) string {
	parts := strings.Split(list[k].Key, ".")
	for n := 1; n < len(parts); n++ {
		end := strings.Join(parts[len(parts)-n:], ".")
		if !slices.ContainsFunc(list, func(s Swept) bool {
			return s.Key != list[k].Key && (s.Key == end || strings.HasSuffix(s.Key, "."+end))
		}) {
			return end
		}
	}
	return list[k].Key
}

// levels returns the distinct values that are not empty: in order if all are numbers.
func levels(values []string) (list []string) {
	numbers := map[string]float64{}
	all := true
	for _, v := range values {
		if v == "" || slices.Contains(list, v) {
			continue
		}
		x, err := strconv.ParseFloat(v, 64)
		numbers[v], all = x, all && err == nil
		list = append(list, v)
	}
	if all {
		slices.SortStableFunc(list, func(a, b string) int { return cmp.Compare(numbers[a], numbers[b]) })
	}
	return list
}
