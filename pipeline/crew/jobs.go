package crew

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// consumerName is the name of the one consumer of the queue.
const consumerName = "workers"

// makeQueue makes the queue of jobs. Its name is used once, so that what a worker of an earlier start sends cannot hit it.
func (h *Host) makeQueue(ctx context.Context, nonce string) (err error) {
	h.session = session{
		Nonce: nonce, Stream: string(h.subjects) + "_" + nonce, Consumer: consumerName,
		AckWaitNano: int64(h.options.AckWait), MaxFile: h.options.MaxFile,
	}
	h.stream, err = h.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: h.session.Stream, Subjects: []string{h.subjects.job(nonce, "*")}, Retention: jetstream.WorkQueuePolicy, Storage: jetstream.MemoryStorage,
		MaxMsgsPerSubject: 1, Discard: jetstream.DiscardOld, // a job that is offered again replaces itself
	})
	if err != nil {
		return fmt.Errorf("make a queue of jobs: %w", err)
	}
	_, err = h.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName, AckPolicy: jetstream.AckExplicitPolicy, AckWait: h.options.AckWait, MaxDeliver: h.options.Tries,
		MaxAckPending: 100_000, MaxWaiting: 100_000,
	})
	if err != nil {
		return fmt.Errorf("make a queue of jobs: %w", err)
	}
	return nil
}

// Offer gives the job to the next worker that asks for one. Names have letters, digits, - and _. A job that was offered before is
// replaced, with fresh tries; if a worker has it, that worker keeps it.
func (h *Host) Offer(ctx context.Context, job string, body []byte) error {
	if err := checkJob(job); err != nil {
		return err
	}
	if _, err := h.js.Publish(ctx, h.subjects.job(h.session.Nonce, job), body); err != nil {
		return fmt.Errorf("offer job %s: %w", job, err)
	}
	return nil
}

// Drop takes a job back, be it waiting or at a worker. That worker is not told, and nobody else is given the job.
func (h *Host) Drop(ctx context.Context, job string) error {
	if err := checkJob(job); err != nil {
		return err
	}
	if err := h.stream.Purge(ctx, jetstream.WithPurgeSubject(h.subjects.job(h.session.Nonce, job))); err != nil {
		return fmt.Errorf("drop job %s: %w", job, err)
	}
	return nil
}

// Lost returns the jobs that were given out as often as they may be, and that no worker has ended or still has. They are dropped.
// Such a job is noticed when a worker asks for the next one.
func (h *Host) Lost() <-chan string { return h.lost }

// exceeded handles the server's message that a job's tries are used up.
func (h *Host) exceeded(msg *nats.Msg) {
	var advisory struct {
		StreamSeq uint64 `json:"stream_seq"`
	}
	if json.Unmarshal(msg.Data, &advisory) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(h.ending, requestTime)
	defer cancel()
	raw, err := h.stream.GetMsg(ctx, advisory.StreamSeq)
	if err != nil {
		return // ended, dropped or offered again in the meantime
	}
	job := raw.Subject[strings.LastIndexByte(raw.Subject, '.')+1:]
	// The tries of a job are also used up while this host is suspended, although its worker lives.
	if held, err := askHolder(ctx, h.conn, h.subjects.busy(job), "", busyTime(h.session)); held && err == nil {
		if h.Offer(ctx, job, raw.Data) == nil {
			return
		}
	}
	if err := h.stream.DeleteMsg(ctx, advisory.StreamSeq); errors.Is(err, jetstream.ErrMsgNotFound) {
		return
	}
	select {
	case h.lost <- job:
	case <-h.ending.Done():
	}
}
