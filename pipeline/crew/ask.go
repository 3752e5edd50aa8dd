package crew

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"

	"flowsweep/experiments/disk"
)

// pieceTime is for one piece of a file, on a slow link.
const pieceTime = time.Minute

// Ask asks the host and waits for its answer. The file at the path goes with the question, unless the path is "". When the connection
// is lost or another host comes, the question is asked again, until the patience ends (a GoneError). An error with which the host
// answers is an AnswerError. The answer's file is in the worker's folder; remove it.
func (w *Worker) Ask(ctx context.Context, topic string, body []byte, file string) (Answer, error) {
	if err := checkName("a question", topic); err != nil {
		return Answer{}, err
	}
	q := &question{worker: w, topic: topic, body: body, file: file, id: nuid.Next(), patience: newPatience(w.options.Patience)}
	var err error
	if file != "" {
		if q.size, q.sum, err = summed(file); err != nil {
			return Answer{}, fmt.Errorf("ask the host %q: %w", topic, err)
		}
	}
	q.inbox = w.conn.NewInbox()
	if q.answers, err = w.conn.SubscribeSync(q.inbox); err != nil {
		return Answer{}, fmt.Errorf("ask the host %q: %w", topic, err)
	}
	defer q.answers.Unsubscribe()
	err = w.persist(ctx, q.patience, func(s session) (bool, error) { return q.try(ctx, s) })
	return q.answer, err
}

// question is one that a worker asks.
type question struct {
	worker   *Worker
	topic    string
	body     []byte
	id       string
	file     string // "" for none
	size     int64
	sum      string
	patience *patience
	inbox    string
	answers  *nats.Subscription
	answer   Answer
}

// try asks once. It is done with an answer, be it an error, and not done if asking again may help.
func (q *question) try(ctx context.Context, s session) (done bool, err error) {
	if q.file != "" {
		if err := q.send(ctx, s); err != nil {
			return final(err), err
		}
	}
	msg := nats.NewMsg(q.worker.subjects.ask(s.Nonce))
	msg.Reply, msg.Data = q.inbox, q.body
	msg.Header.Set(idHeader, q.id)
	msg.Header.Set(workerHeader, q.worker.options.Name)
	msg.Header.Set(topicHeader, q.topic)
	if q.file != "" {
		msg.Header.Set(fileHeader, q.id)
	}
	if !q.worker.conn.IsConnected() {
		return false, errNoConnection
	}
	if err := q.worker.conn.PublishMsg(msg); err != nil {
		return errors.Is(err, nats.ErrMaxPayload), fmt.Errorf("ask the host %q: %w", q.topic, err)
	}
	answer, err := q.wait(ctx, 5*s.signTime())
	if err != nil {
		return final(err), err
	}
	id := answer.Header.Get(fileHeader)
	if id == "" {
		q.answer = Answer{Body: answer.Data}
		return true, nil
	}
	path := filepath.Join(q.worker.options.Folder, "answer-"+q.id)
	if err := q.worker.download(ctx, path, id, "", q.patience); err != nil {
		return final(err), err
	}
	got := nats.NewMsg(q.worker.subjects.got(s.Nonce))
	got.Header.Set(idHeader, id)
	_ = q.worker.conn.PublishMsg(got) // otherwise the host removes it later
	q.answer = Answer{Body: answer.Data, File: path}
	return true, nil
}

// final reports whether an error stays however often a thing is tried: the host's answer, what this machine's disk says, or the end of
// the patience.
func final(err error) bool {
	var answer *AnswerError
	var path *os.PathError
	var gone *GoneError
	var refused *RefusedError
	return errors.As(err, &answer) || errors.As(err, &path) || errors.As(err, &gone) || errors.As(err, &refused) || errors.Is(err, errDamaged)
}

// errDamaged says that a file is another one than the host had when it began to send it.
var errDamaged = errors.New("the file arrived with errors: was it changed on the host's disk?")

// errMissing says that the host does not have a file any more, or not yet.
var errMissing = errors.New("the host does not have the file")

// errReplaced says that a file was replaced, or its host, while it was on its way.
var errReplaced = errors.New("the host does not have the file any more")

// wait waits for the answer, as long as the host shows that it works on it, and is never quiet for longer than quiet.
func (q *question) wait(ctx context.Context, quiet time.Duration) (*nats.Msg, error) {
	for {
		waiting, cancel := q.worker.waiting(ctx, quiet)
		msg, err := q.answers.NextMsgWithContext(waiting)
		cancel()
		if err != nil {
			return nil, err
		}
		switch msg.Header.Get(kindHeader) {
		case kindAnswer:
			return msg, nil
		case kindError:
			return nil, &AnswerError{Text: string(msg.Data)}
		case kindMissing:
			return nil, errMissing
		case kindWorking:
			q.patience.ok()
		default: // the server's own: nobody answers
			return nil, nats.ErrNoResponders
		}
	}
}

// send sends the question's file, from where the host has it.
func (q *question) send(ctx context.Context, s session) error {
	if q.size > s.MaxFile {
		return &AnswerError{Text: tooLarge(q.size, s.MaxFile).Error()}
	}
	r, err := os.Open(q.file)
	if err != nil {
		return err
	}
	defer r.Close()
	buffer := make([]byte, min(pieceSize, q.size))
	for offset := int64(0); ; {
		msg := nats.NewMsg(q.worker.subjects.put(s.Nonce))
		msg.Header.Set(idHeader, q.id)
		msg.Header.Set(offsetHeader, strconv.FormatInt(offset, 10))
		msg.Header.Set(sizeHeader, strconv.FormatInt(q.size, 10))
		msg.Header.Set(sumHeader, q.sum)
		msg.Data = buffer[:min(pieceSize, q.size-offset)]
		if _, err := r.ReadAt(msg.Data, offset); err != nil && err != io.EOF {
			return err
		}
		answer, err := q.worker.request(ctx, msg, pieceTime)
		if err != nil {
			return err
		}
		next, err := number(answer, offsetHeader)
		if err != nil || next < 0 || next > q.size {
			return errMissing
		}
		if next > offset {
			q.patience.ok()
		}
		if offset = next; offset == q.size {
			return nil
		}
	}
}

// Get writes a file that the host shares to the path. The file appears when it is complete and right.
func (w *Worker) Get(ctx context.Context, name, path string) error {
	if err := checkName("a shared file", name); err != nil {
		return err
	}
	p := newPatience(w.options.Patience)
	err := w.persist(ctx, p, func(session) (bool, error) {
		err := w.download(ctx, path, "", name, p)
		if errors.Is(err, errMissing) {
			err = &AnswerError{Text: "the host shares no file of this name"}
		}
		return err == nil || final(err), err
	})
	if err != nil {
		return fmt.Errorf("get %q: %w", name, err)
	}
	return nil
}

// download writes the host's file of the id, or shared under the name, to the path.
func (w *Worker) download(ctx context.Context, path, id, name string, p *patience) error {
	return disk.Write(path, 0o600, func(dst io.Writer) error {
		sum := sha256.New()
		for offset := int64(0); ; {
			answer, err := w.piece(ctx, id, name, offset, p)
			if err != nil {
				return err
			}
			size, err := number(answer, sizeHeader)
			if err != nil || id != "" && id != answer.Header.Get(idHeader) {
				return errMissing
			}
			if _, err := io.MultiWriter(dst, sum).Write(answer.Data); err != nil {
				return err
			}
			id = answer.Header.Get(idHeader) // from now on this very file, even if the name gets another one
			if offset += int64(len(answer.Data)); offset < size && len(answer.Data) > 0 {
				continue
			}
			if offset != size || hex.EncodeToString(sum.Sum(nil)) != answer.Header.Get(sumHeader) {
				return errDamaged
			}
			return nil
		}
	})
}

// piece asks for a piece of a file, again after each loss of the connection.
func (w *Worker) piece(ctx context.Context, id, name string, offset int64, p *patience) (answer *nats.Msg, err error) {
	err = w.persist(ctx, p, func(s session) (bool, error) {
		msg := nats.NewMsg(w.subjects.get(s.Nonce))
		msg.Header.Set(idHeader, id)
		msg.Header.Set(topicHeader, name)
		msg.Header.Set(offsetHeader, strconv.FormatInt(offset, 10))
		if answer, err = w.request(ctx, msg, pieceTime); err != nil {
			return final(err), err
		}
		p.ok()
		switch {
		case answer.Header.Get(kindHeader) == kindAnswer:
			return true, nil
		case offset > 0:
			return true, errReplaced
		}
		return true, errMissing
	})
	return answer, err
}
