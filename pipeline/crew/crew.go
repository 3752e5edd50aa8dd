// Package crew lets machines work together: one host hands out jobs, and workers anywhere take them. It is the only door to NATS
// and knows names and bytes, not what they mean.
//
//	host, err := crew.Listen(ctx, crew.HostOptions{Listen: ":4222", Token: token, Folder: folder})
//	err = host.Offer(ctx, "job-1", body)
//	worker, err := crew.Join(ctx, host.Address(), crew.WorkerOptions{Name: "w1", Patience: time.Minute, Folder: folder})
//	job, err := worker.Next(ctx) // then worker.Ask, and job.Done
//
// Jobs go through a JetStream work queue in memory: a job that a worker neither ends nor keeps alive is given to another one. Files
// go in pieces, each asked for or answered by itself, so that a slow link holds up nobody and a cut costs one piece.
package crew

import (
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go"
)

// Headers of messages.
const (
	idHeader     = "Flowsweep-Id"
	workerHeader = "Flowsweep-Worker"
	topicHeader  = "Flowsweep-Topic"
	fileHeader   = "Flowsweep-File"
	kindHeader   = "Flowsweep-Kind"
	offsetHeader = "Flowsweep-Offset"
	sizeHeader   = "Flowsweep-Size"
	sumHeader    = "Flowsweep-Sha256"
)

// Kinds of answers.
const (
	kindAnswer  = "answer"
	kindError   = "error"   // the body is a sentence
	kindWorking = "working" // the answer will come
	kindMissing = "missing" // the host does not have the file: send it again, or ask for another one
)

// jobName is the form of a job's name, which is a part of a subject.
var jobName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// session is one start of a host, as it describes itself to workers.
type session struct {
	Nonce       string
	Stream      string
	Consumer    string
	AckWaitNano int64
	MaxFile     int64
}

// signTime is how often a worker hears that its answer will come.
func (s session) signTime() time.Duration { return min(2*time.Second, time.Duration(s.AckWaitNano)/3) }

// subjects are the NATS subjects of a crew. Its name keeps several on one server apart.
type subjects string

func (s subjects) session() string          { return string(s) + ".session" }
func (s subjects) tell() string             { return string(s) + ".tell" }
func (s subjects) busy(job string) string   { return string(s) + ".busy." + job }
func (s subjects) jobs(nonce string) string { return string(s) + ".jobs." + nonce }
func (s subjects) job(nonce, job string) string {
	return s.jobs(nonce) + "." + job
}

// The subjects with a nonce are answered by that one start of a host, and by nobody once it has ended.
func (s subjects) ask(nonce string) string { return string(s) + ".ask." + nonce }
func (s subjects) put(nonce string) string { return string(s) + ".put." + nonce }
func (s subjects) get(nonce string) string { return string(s) + ".get." + nonce }
func (s subjects) got(nonce string) string { return string(s) + ".got." + nonce }

// reply is a message of a kind that answers another one.
func reply(kind string, body []byte) *nats.Msg {
	msg := nats.NewMsg("")
	msg.Header.Set(kindHeader, kind)
	msg.Data = body
	return msg
}

// checkJob returns an error if the name is not one of a job.
func checkJob(job string) error {
	if !jobName.MatchString(job) {
		return fmt.Errorf("a job cannot be named %q: use letters, digits, - and _", job)
	}
	return nil
}
