// Package talk is what the host of a sweep and its workers say to each other: names and messages, as JSON.
package talk

import "flowsweep/experiments"

// What a worker asks its host. Each question says which machine asks.
const (
	AskOffer   = "offer"   // Member -> offer
	AskJoin    = "join"    // Member -> nothing: it has the plan
	AskStart   = "start"   // About -> Verdict, with what is stored of the fit as a file, if there is anything
	AskBeat    = "beat"    // Beat -> nothing: the machine is there, and how far it is
	AskSave    = "save"    // About, with a file -> nothing: a checkpoint
	AskDeliver = "deliver" // Delivery, with a file -> Verdict
	AskBack    = "back"    // About, perhaps with a file -> Verdict: the machine stops working on it
	AskRefuse  = "refuse"  // About -> nothing: this machine cannot or must not do it
)

// What a host tells all workers.
const (
	TellEnd   = "end"   // the sweep is over, for the reason in the message
	TellPause = "pause" // the host stops: give back what you have, and wait for the next host
)

// Member describes a machine.
type Member struct {
	Machine     string                  `json:"machine"` // its name
	Plan        string                  `json:"plan"`    // hash; empty before it has the plan
	Slots       int                     `json:"slots"`   // fits that it does at once
	Memory      float64                 `json:"memory"`  // bytes; 0 where that is not known
	Environment experiments.Environment `json:"environment"`
}

// About names a job.
type About struct {
	Machine string `json:"machine"`
	Plan    string `json:"plan"`
	Job     string `json:"job"`
	Why     string `json:"why,omitempty"`

	Worker string `json:"-"` // who says so, as the host knows it: several may be on one machine
}

// Beat says how far a machine is.
type Beat struct {
	Machine string         `json:"machine"`
	Plan    string         `json:"plan"`
	Steps   map[string]int `json:"steps"` // of training, since it began to work on each of its jobs
}

// Delivery goes with the results of a job.
type Delivery struct {
	About
	Failures []string `json:"failures,omitempty"`
	Said     []string `json:"said,omitempty"` // lines for people
}

// Verdict is the answer to a start, to a delivery and to what is given back.
type Verdict struct {
	Stop  string `json:"stop,omitempty"`  // why the machine must not work on; empty if it may
	Again bool   `json:"again,omitempty"` // the job is given out again: this machine leaves it to others
}

// Order is the body of a job: which fit, and who must not do it.
type Order struct {
	Fit   string   `json:"fit"`
	Again bool     `json:"again,omitempty"` // it is done, and done again from nothing, to compare
	Not   []string `json:"not,omitempty"`   // machines
}
