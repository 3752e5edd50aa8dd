package derive

import (
	"encoding/json"
	"reflect"
	"time"

	"flowsweep/experiments"
	"flowsweep/experiments/flow"
	"flowsweep/experiments/kinds"
	"flowsweep/experiments/ode"
	"flowsweep/experiments/target"
)

// known are the schemas of types that print themselves, made anew for each use.
var known = map[reflect.Type]func() Object{
	reflect.TypeFor[json.RawMessage](): func() Object { return Object{} },
	reflect.TypeFor[time.Time]():       func() Object { return Object{"type": "string", "format": "date-time"} },

	reflect.TypeFor[experiments.Number](): func() Object {
		return Object{"anyOf": []Object{{"type": "number"}, {"enum": []string{"nan", "inf", "-inf"}}}}
	},
	reflect.TypeFor[experiments.Calls](): func() Object { return Object{"type": "number", "minimum": 0} },
	reflect.TypeFor[flow.Guidance]():     func() Object { return Object{"type": "number"} },

	reflect.TypeFor[target.Target]():      named,
	reflect.TypeFor[experiments.Source](): named,
	reflect.TypeFor[flow.Path]():          named,
	reflect.TypeFor[flow.Coupling]():      named,
	reflect.TypeFor[flow.Times]():         named,
	reflect.TypeFor[ode.Solver]():         named,
	reflect.TypeFor[ode.Grid]():           named,

	reflect.TypeFor[kinds.Code](): func() Object {
		number, kind := Object{"type": "number"}, Object{"type": []string{"string", "object"}}
		return Object{"type": "array", "items": Object{
			"type":                 "object",
			"properties":           Object{"name": Object{"type": "string"}, "kind": kind, "low": number, "high": number, "grain": number},
			"required":             []string{"name", "kind", "low", "high"},
			"additionalProperties": false,
		}}
	},
}

// named is the schema of a value that a spec names: a name alone, or an object of it and its parameters, with those that the spec leaves
// to their defaults. `flowsweep schema` has the parameters of each.
func named() Object {
	return Object{"anyOf": []Object{
		{"type": "string"},
		{"type": "object", "required": []string{"name"}, "properties": Object{"name": Object{"type": "string"}}},
	}}
}
