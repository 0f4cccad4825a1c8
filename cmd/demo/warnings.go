package main

import (
	"io"
	"log/slog"
)

// warn says what is allowed and may not be meant, as far as the options show it: start logs it when a port opens, and check prints it.
func (o *options) warn(log *slog.Logger) {
	for _, e := range o.listen {
		o.warnOfPort(log, e)
	}
	o.warnOfAdmin(log)
}

// newCheckLogger prints lines as the log has them, without a time.
func newCheckLogger(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}}))
}

func (o *options) warnOfPort(log *slog.Logger, e endpoint) {
	o.warnOfStrangers(log, e)
	o.warnOfBindTimeout(log, e, o.portOptions(e))
}

// warnOfStrangers says, once for each port, what others than this machine may do there because nobody asks them who they are.
func (o *options) warnOfStrangers(log *slog.Logger, e endpoint) {
	if e.spoken() == protocolHTTP && o.isPublic() && o.apiToken() == "" {
		log.Warn("back ends are not let in at this port: with a proxy in front, or pages that show who they are, they need a token",
			"listener", e.String())
	}
	switch {
	case !forOthers(e, o.portOptions(e)):
	case e.spoken() == protocolText:
		o.warnOfBackEnds(log, e, o.token)
	case !o.identity.asks():
		log.Warn("whoever can reach this port is who it says it is: fine for trying out; jwt-key or auth-url ask for more",
			"listener", e.String())
	}
}

func (o *options) warnOfBackEnds(log *slog.Logger, e endpoint, token string) {
	if e.spoken() == protocolText && needsToken(e, o.portOptions(e)) && token == "" {
		log.Warn("everybody who can reach this port can push; set a token, or listen on a loopback address unless a firewall is in front",
			"listener", e.String())
	}
}

// warnOfBindTimeout: a WebSocket is open while the back end is asked, and closed with 1008 at its bind-timeout, after which pages do not come
// back, where 1013 would tell them that the back end is slow.
func (o *options) warnOfBindTimeout(log *slog.Logger, e endpoint, p portOptions) {
	if o.identity.authURL != "" && forPages.are(e) && p.bindTimeout > 0 && p.bindTimeout <= o.identity.authTime {
		log.Warn("bind-timeout ends before auth-timeout: whom a slow back end lets wait is closed as one who is not let in",
			"listener", e.String())
	}
}

func (o *options) warnOfAdmin(log *slog.Logger) {
	if o.admin != nil && o.admin.beyondLoopback() {
		log.Warn("everybody who can reach the admin address can profile this process", "listener", o.admin.String())
	}
}
