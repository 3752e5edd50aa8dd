package crew

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Question is what a worker asks.
type Question struct {
	Worker string
	Topic  string
	Body   []byte
	File   string // the path of the file that came with it, "" for none; it is removed after the answer
}

// Answer is what a host answers.
type Answer struct {
	Body []byte
	File string // the path of a file, "" for none; the host's is removed once it was sent, and the worker removes its own
}

const answersAtOnce = 8

// service answers questions.
type service struct {
	host   *Host
	answer func(context.Context, Question) (Answer, error)
	slots  chan struct{}
	mu     sync.Mutex
	inWork map[string]bool // ids of questions
}

// Serve answers what workers ask, several at once, until ctx ends or the host is closed. A question may come again if its answer was
// lost on the way: answer must bear that. An error of answer reaches the worker as an AnswerError.
func (h *Host) Serve(ctx context.Context, answer func(ctx context.Context, q Question) (Answer, error)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ending, cancel)()
	s := &service{host: h, answer: answer, slots: make(chan struct{}, answersAtOnce), inWork: map[string]bool{}}
	var running sync.WaitGroup
	defer running.Wait()
	questions := make(chan *nats.Msg, 1024)
	sub, err := h.conn.ChanSubscribe(h.subjects.ask(h.session.Nonce), questions)
	if err != nil {
		return fmt.Errorf("answer workers: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			if err := sub.Unsubscribe(); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
				return fmt.Errorf("end answering workers: %w", err)
			}
			return nil
		case msg := <-questions:
			id := msg.Header.Get(idHeader)
			if !s.begin(id) {
				continue // the worker thought it lost; the answer will go to the same inbox
			}
			running.Go(func() {
				defer s.end(id)
				s.handle(ctx, msg)
			})
		}
	}
}

// begin reports whether the question is not yet being answered.
func (s *service) begin(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inWork[id] {
		return false
	}
	s.inWork[id] = true
	return true
}

func (s *service) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.inWork, id)
}

// handle answers one question, and says that it works on it until then.
func (s *service) handle(ctx context.Context, msg *nats.Msg) {
	done := make(chan *nats.Msg, 1)
	go func() {
		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
			done <- s.work(ctx, msg)
		case <-ctx.Done():
			done <- nil
		}
	}()
	ticker := time.NewTicker(s.host.session.signTime())
	defer ticker.Stop()
	for {
		select {
		case answer := <-done:
			// Without an answer the worker asks the next host. What the end of this one has made fail is none.
			if answer != nil && (ctx.Err() == nil || answer.Header.Get(kindHeader) == kindAnswer) {
				s.host.respond(msg, answer)
			}
			return
		case <-ticker.C:
			s.host.respond(msg, reply(kindWorking, nil))
		}
	}
}

// work returns the message that answers the question.
func (s *service) work(ctx context.Context, msg *nats.Msg) *nats.Msg {
	q := Question{Worker: msg.Header.Get(workerHeader), Topic: msg.Header.Get(topicHeader), Body: msg.Data}
	if id := msg.Header.Get(fileHeader); id != "" {
		path, err := s.host.files.take(id)
		if err != nil {
			return reply(kindError, []byte(err.Error()))
		}
		if path == "" {
			return reply(kindMissing, nil)
		}
		q.File = path
		defer os.Remove(path) // the answer may have moved it
	}
	answer, err := s.answer(ctx, q)
	if err != nil {
		return reply(kindError, []byte(err.Error()))
	}
	if most := s.host.conn.MaxPayload(); int64(len(answer.Body)) > most-1024 {
		return reply(kindError, fmt.Appendf(nil, "the answer has %d bytes, and %d are the most: answer with a file", len(answer.Body), most-1024))
	}
	result := reply(kindAnswer, answer.Body)
	if answer.File != "" {
		out, err := s.host.files.send(answer.File)
		if err != nil {
			return reply(kindError, []byte(err.Error()))
		}
		result.Header.Set(fileHeader, out.id)
	}
	return result
}

// respond answers a message. What cannot be sent is as good as lost on the way: the worker asks again.
func (h *Host) respond(msg, answer *nats.Msg) { _ = msg.RespondMsg(answer) }

// answer begins to answer all but questions: what the session is, and pieces of files.
func (h *Host) answer() error {
	about, err := json.Marshal(h.session)
	if err != nil {
		return err
	}
	handlers := map[string]nats.MsgHandler{
		h.subjects.session():            func(msg *nats.Msg) { h.respond(msg, reply(kindAnswer, about)) },
		h.subjects.put(h.session.Nonce): h.put,
		h.subjects.get(h.session.Nonce): h.get,
		h.subjects.got(h.session.Nonce): func(msg *nats.Msg) { _ = h.files.sent(msg.Header.Get(idHeader)) },
		"$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES." + h.session.Stream + "." + consumerName: h.exceeded,
	}
	for subject, handler := range handlers {
		sub, err := h.conn.Subscribe(subject, handler)
		if err == nil {
			err = sub.SetPendingLimits(-1, -1) // a worker has one piece on its way
		}
		if err != nil {
			return fmt.Errorf("answer workers: %w", err)
		}
	}
	h.running.Go(func() {
		for sleep(h.ending, idleTime/6) == nil {
			_ = h.files.clear(time.Now()) // what cannot be removed now goes with the folder
		}
	})
	return h.conn.FlushTimeout(requestTime)
}

// put takes a piece of a worker's file.
func (h *Host) put(msg *nats.Msg) {
	offset, err := number(msg, offsetHeader)
	size, sizeErr := number(msg, sizeHeader)
	if err = errors.Join(err, sizeErr); err == nil {
		offset, err = h.files.add(msg.Header.Get(idHeader), size, msg.Header.Get(sumHeader), offset, msg.Data)
	}
	if err != nil {
		h.respond(msg, reply(kindError, []byte(err.Error())))
		return
	}
	answer := reply(kindAnswer, nil)
	answer.Header.Set(offsetHeader, strconv.FormatInt(offset, 10))
	h.respond(msg, answer)
}

// get sends a piece of a file.
func (h *Host) get(msg *nats.Msg) {
	offset, err := number(msg, offsetHeader)
	var out *file
	var data []byte
	if err == nil {
		out, data, err = h.files.piece(msg.Header.Get(idHeader), msg.Header.Get(topicHeader), offset)
	}
	switch {
	case err != nil:
		h.respond(msg, reply(kindError, []byte(err.Error())))
	case out == nil:
		h.respond(msg, reply(kindMissing, nil))
	default:
		answer := reply(kindAnswer, data)
		answer.Header.Set(idHeader, out.id)
		answer.Header.Set(sizeHeader, strconv.FormatInt(out.size, 10))
		answer.Header.Set(sumHeader, out.sum)
		h.respond(msg, answer)
	}
}

// number returns the number in a header.
func number(msg *nats.Msg, header string) (int64, error) {
	n, err := strconv.ParseInt(msg.Header.Get(header), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("a message without a number as %s", header)
	}
	return n, nil
}
