package leave

import (
	"flowsweep/experiments"
	"flowsweep/export/tracked"
)

// means gives a setting the means over its finished runs: those of its summary, or of the runs that are kept if these are not all.
func (l *loader) means(setting *tracked.Setting, s experiments.Summary, own []experiments.Result) {
	if len(own) < s.Planned {
		kept := l.sweep
		kept.Results = own
		s = kept.Summaries()[0]
	}
	setting.NFE = calls(s.NFE)
	for _, st := range s.Metrics {
		if st.N > 0 {
			setting.Means = append(setting.Means, tracked.Mean{Name: st.Name, Value: st.Mean, Low: st.Low, High: st.High})
		}
	}
}
