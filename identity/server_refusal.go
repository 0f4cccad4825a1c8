//go:build linux

package identity

import (
	"log/slog"
	"strings"

	"fanloop/codec/http"
	"fanloop/codec/websocket"
)

// refuse counts why a client is not let in, and logs it.
func (d *Door) refuse(log *slog.Logger, who slog.Attr, err error) {
	d.countRefused(err)
	log.Info("identity: a client is refused", who, "err", err)
}

func (d *Door) countRefused(err error) {
	switch err {
	case ErrNoToken:
		d.missing.Add(1)
	case ErrBackendSlow, ErrBackendAbsent, ErrBackendAnswer, ErrBackendBusy:
		d.unanswered.Add(1)
	case ErrExpired:
		d.stale.Add(1)
		d.refused.Add(1)
	default:
		d.refused.Add(1)
	}
}

// statusOf is how HTTP says why a client is not let in.
func statusOf(err error) int {
	switch err {
	case ErrManyTokens:
		return 400
	case ErrRefused:
		return 403
	case ErrBackendAnswer:
		return 502
	case ErrBackendAbsent, ErrBackendBusy:
		return 503
	case ErrBackendSlow:
		return 504
	}
	return 401
}

// codeOf is how a Close frame says it.
func codeOf(err error) int {
	switch err {
	case ErrExpired:
		return CodeExpired
	case ErrBackendSlow, ErrBackendAbsent, ErrBackendAnswer, ErrBackendBusy:
		return websocket.StatusTryAgainLater
	}
	return websocket.StatusPolicyViolation
}

// reasonOf is the error without the package's name.
func reasonOf(err error) string { return strings.TrimPrefix(err.Error(), "identity: ") }

// challengeOf are the fields of a refusal: RFC 6750 3.
func challengeOf(err error) http.Fields {
	fields := http.Fields{http.NewField("Cache-Control", "no-store")}
	switch {
	case err == ErrManyTokens:
		return append(fields, http.NewField("WWW-Authenticate", `Bearer error="invalid_request"`))
	case statusOf(err) != 401:
		return fields
	case err == ErrNoToken:
		return append(fields, http.NewField("WWW-Authenticate", "Bearer"))
	}
	return append(fields, http.NewField("WWW-Authenticate", `Bearer error="invalid_token", error_description="`+reasonOf(err)+`"`))
}

func refusalOf(err error) *http.Refusal {
	return http.NewRefusal(statusOf(err), reasonOf(err), challengeOf(err)...)
}

// answer refuses a request for an event stream.
func answer(x *http.Exchange, err error) {
	fields := append(challengeOf(err), http.NewField("Content-Type", "text/plain; charset=utf-8"))
	_ = x.Respond(statusOf(err), fields, []byte(reasonOf(err)+"\n")) // the only error left is that nobody is there
}
