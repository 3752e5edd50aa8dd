package crew

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Job is a job that a worker has. It is kept alive until Done or Leave.
type Job struct {
	Name string
	Body []byte
	Try  int // 1 at first

	worker *Worker
	wait   time.Duration // AckWait
	busy   *nats.Subscription
	stop   chan struct{}
	mu     sync.Mutex
	ended  bool
	acks   map[string]bool // where its acks go: a job that was offered again has several
}

const (
	pullTime = 5 * time.Second // how long one request for a job waits at the server

	ackDone    = "+ACK"
	ackWorking = "+WPI"
	ackBack    = "-NAK"
	answerMine = "mine"
	answerFree = "free"
)

// Next waits for a job. It returns ErrNewHost, once, if the host is another one than at Join or at the last ErrNewHost, and a
// GoneError if none answers until the patience ends. A job that another worker still has, or this one, is passed over.
func (w *Worker) Next(ctx context.Context) (job *Job, err error) {
	p := newPatience(w.options.Patience)
	err = w.persist(ctx, p, func(s session) (bool, error) {
		if w.isNew(s) {
			return true, ErrNewHost
		}
		msg, err := w.pull(ctx, s)
		if err != nil {
			return false, err
		}
		p.ok()
		if msg == nil {
			w.forget() // so that the host, not only the server, is seen to be there
			return false, nil
		}
		job, err = w.take(ctx, s, msg)
		return job != nil || err != nil, err
	})
	return job, err
}

// isNew reports whether the session is another one than the caller knows, and is it no more.
func (w *Worker) isNew(s session) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known == s.Nonce {
		return false
	}
	w.known = s.Nonce
	return true
}

// pull asks the queue for a job, and returns nil if there is none for a while.
func (w *Worker) pull(ctx context.Context, s session) (*nats.Msg, error) {
	if !w.conn.IsConnected() {
		return nil, errNoConnection
	}
	sub, err := w.conn.SubscribeSync(w.conn.NewInbox())
	if err != nil {
		return nil, err
	}
	msg, err := w.pulled(ctx, s, sub)
	if err != nil {
		w.abandon(sub)
		return nil, err
	}
	if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		return nil, err
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
		return msg, nil
	case "404", "408": // none until the request expired
		return nil, nil
	default:
		return nil, fmt.Errorf("the queue of jobs does not answer: %s %s", status, msg.Header.Get("Description"))
	}
}

// abandon ends a pull without an answer. A job that is already on its way is given back at once.
func (w *Worker) abandon(sub *nats.Subscription) {
	if sub.Drain() != nil {
		return // the connection is closed
	}
	w.leaving.Go(func() {
		for {
			msg, err := sub.NextMsg(time.Second)
			if err != nil {
				return
			}
			if msg.Header.Get("Status") == "" {
				_ = msg.Respond([]byte(ackBack)) // or it is given out again later
			}
		}
	})
}

// pulled sends a pull whose answers come to sub, and waits for the first one.
func (w *Worker) pulled(ctx context.Context, s session, sub *nats.Subscription) (*nats.Msg, error) {
	request := fmt.Appendf(nil, `{"batch":1,"expires":%d}`, pullTime.Nanoseconds())
	if err := w.conn.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+s.Stream+"."+s.Consumer, sub.Subject, request); err != nil {
		return nil, err
	}
	waiting, cancel := w.waiting(ctx, pullTime+requestTime)
	defer cancel()
	return sub.NextMsgWithContext(waiting)
}

// take makes a message the job of this worker. It returns nil if another one still has it, or this one.
func (w *Worker) take(ctx context.Context, s session, msg *nats.Msg) (*Job, error) {
	about, err := msg.Metadata()
	if err != nil {
		return nil, fmt.Errorf("a job without its place in the queue: %w", err)
	}
	name := msg.Subject[strings.LastIndexByte(msg.Subject, '.')+1:]
	if err := w.conn.Publish(msg.Reply, []byte(ackWorking)); err != nil {
		return nil, err
	}
	held, err := askHolder(ctx, w.conn, w.subjects.busy(name), msg.Reply, busyTime(s))
	if held || err != nil {
		return nil, err
	}
	job := &Job{
		Name: name, Body: msg.Data, Try: int(about.NumDelivered), worker: w, wait: time.Duration(s.AckWaitNano), stop: make(chan struct{}),
		acks: map[string]bool{msg.Reply: true},
	}
	if job.busy, err = w.conn.Subscribe(w.subjects.busy(name), job.answerBusy); err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.held[name] = job
	w.mu.Unlock()
	go job.keepAlive()
	return job, nil
}

// busyTime is how long a worker that has a job may take to say so: shorter than it takes for the job to be given out again.
func busyTime(s session) time.Duration { return min(2*time.Second, time.Duration(s.AckWaitNano)/2) }

// askHolder asks whether a worker has the job of the subject. If so, that worker also takes over where to ack it, unless that is "". A
// worker that does not answer in time is dead or suspended, and the job is free.
func askHolder(ctx context.Context, conn *nats.Conn, subject, ack string, limit time.Duration) (bool, error) {
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := conn.RequestWithContext(waiting, subject, []byte(ack))
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil && string(answer.Data) == answerMine, nil
}

// answerBusy answers one who was given this job too.
func (j *Job) answerBusy(msg *nats.Msg) {
	answer := answerFree
	if j.adopt(string(msg.Data)) {
		answer = answerMine
	}
	_ = msg.Respond([]byte(answer)) // without an answer the other one takes the job
}

// adopt makes this job also the one that is acked at the subject, and reports false if it has ended.
func (j *Job) adopt(ack string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ended {
		return false
	}
	if ack != "" {
		j.acks[ack] = true
		j.send(ackWorking)
	}
	return true
}

// send sends an ack to wherever this job came from. The lock is held.
func (j *Job) send(ack string) {
	for subject := range j.acks {
		_ = j.worker.conn.Publish(subject, []byte(ack)) // what is not sent now is sent when the connection is made again, or too late
	}
}

// keepAlive says again and again that this worker is at work.
func (j *Job) keepAlive() {
	ticker := time.NewTicker(j.wait / 3)
	defer ticker.Stop()
	for {
		select {
		case <-j.stop:
			return
		case <-ticker.C:
			j.mu.Lock()
			if !j.ended {
				j.send(ackWorking)
			}
			j.mu.Unlock()
		}
	}
}

// Done ends the job: nobody will be given it again, even if it was given to another worker in the meantime. Call it when the host has
// its result.
func (j *Job) Done() { j.end(ackDone) }

// Leave ends the job without a result: after AckWait another worker is given it.
func (j *Job) Leave() { j.end("") }

// GiveBack ends the job without a result: another worker is given it at once. That costs one of its tries.
func (j *Job) GiveBack() { j.end(ackBack) }

// end ends the job, once, with this ack if it is not "".
func (j *Job) end(ack string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ended {
		return
	}
	j.ended = true
	close(j.stop)
	if ack != "" {
		j.send(ack)
	}
	if err := j.busy.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		_ = err // it answers that the job is free
	}
	j.worker.mu.Lock()
	defer j.worker.mu.Unlock()
	if j.worker.held[j.Name] == j {
		delete(j.worker.held, j.Name)
	}
}
