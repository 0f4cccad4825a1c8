package identity

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
	"unicode/utf8"
)

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 64 << 10

func (b *Backend) begin() {
	b.flights, b.crowd = map[question]*flight{}, crowd{}
	b.cache.limit = b.maxCached()
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if b.client = b.Client; b.client == nil {
		b.client = &http.Client{
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: b.timeout()}).DialContext,
				TLSHandshakeTimeout: b.timeout(),
				MaxConnsPerHost:     b.maxConcurrent(),
				MaxIdleConnsPerHost: b.maxConcurrent(),
				IdleConnTimeout:     time.Minute,
				DisableCompression:  true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
}

// wrongAnswer is what is wrong with an answer.
type wrongAnswer string

func (w wrongAnswer) Error() string { return string(w) }

// call makes the request. The error is for a log; kindOf says what it comes to.
func (b *Backend) call(f *flight) (Identity, error) {
	ctx, cancel := context.WithDeadline(b.ctx, f.deadline)
	defer cancel()
	request, err := f.said.request(ctx, b.URL)
	if err != nil {
		return Identity{}, err
	}
	answer, err := b.client.Do(request)
	if err != nil {
		return Identity{}, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		_, _ = io.CopyN(io.Discard, answer.Body, maxAnswer) // so that the connection can be used again
		return Identity{}, ErrRefused
	default:
		return Identity{}, wrongAnswer(fmt.Sprintf("status %d", answer.StatusCode))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return Identity{}, err
	}
	return readAnswer(body, b.now())
}

func (c *Credentials) request(ctx context.Context, url string) (*http.Request, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if c.Cookie != "" {
		request.Header.Set("Cookie", c.Cookie)
	}
	if c.Authorization != "" {
		request.Header.Set("Authorization", c.Authorization)
	}
	return request, nil
}

// readAnswer reads the body of a 200.
func readAnswer(body []byte, now time.Time) (Identity, error) {
	var said struct {
		UID     json.RawMessage `json:"uid"`
		Groups  json.RawMessage `json:"groups"`
		Expires json.RawMessage `json:"expires"`
	}
	if len(body) > maxAnswer || !utf8.Valid(body) || json.Unmarshal(body, &said) != nil {
		return Identity{}, wrongAnswer("a body that is no JSON object of at most 64 KiB")
	}
	id, wrong := identityOf(said.UID, said.Groups)
	if wrong {
		return Identity{}, wrongAnswer("no valid uid or groups")
	}
	if len(said.Expires) > 0 && string(said.Expires) != "null" {
		date, ok := numericDate(said.Expires)
		if !ok || !date.After(now) {
			return Identity{}, wrongAnswer("expires is no time to come, in seconds since 1970")
		}
		id.Expires = date.Time
	}
	return id, nil
}

// kindOf is what a client is told of a cause.
func kindOf(cause error) error {
	var wrong wrongAnswer
	var network net.Error
	switch {
	case cause == nil, cause == ErrRefused:
		return cause
	case errors.As(cause, &wrong):
		return ErrBackendAnswer
	case errors.Is(cause, context.DeadlineExceeded), errors.As(cause, &network) && network.Timeout():
		return ErrBackendSlow
	}
	return ErrBackendAbsent
}
