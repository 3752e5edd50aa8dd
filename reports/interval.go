package reports

import (
	"fmt"

	"flowsweep/experiments"
)

// intervalNote says what the brackets after a mean hold, and what the seeds alone read.
func (r report) intervalNote(st experiments.Stat) string {
	if st.N < 2 {
		return "One seed gives no interval"
	}
	return fmt.Sprintf("Brackets show the 95\u00a0%% interval of the mean: %s. The %d seeds alone read %s to %s",
		r.metric(st.Name).IntervalOver(), st.N, number(st.SeedLow), number(st.SeedHigh))
}
