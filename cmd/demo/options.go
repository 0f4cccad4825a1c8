package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"regexp"
)

// options are what the command line says.
type options struct {
	listen       []endpoint
	loops        int
	reusePort    bool
	single       bool
	slow         slowPolicy
	clientGroups bool
	httpToken    string   // "" lets this machine in only
	cors         []string // origins whose pages may listen to /events
	tls          tlsOptions
	logLevel     slog.Level
	admin        *endpoint // of metrics and profiles; nil is nowhere
	pidFile      string    // "" is the default, which need not be free
	logFile      string    // "" is stderr, and of a daemon a file beside the pid file
	detach       bool
	version      bool
}

// parseOptions reads the command line. The error is flag.ErrHelp for -h; it prints nothing.
func parseOptions(args []string) (options, error) {
	var o options
	flags := o.flags()
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if err := o.complete(flags); err != nil {
		return options{}, err
	}
	return o, nil
}

// flags are those of the command line, which set o. What they mean stands in usage.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("fanloop", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("listen", "", o.addEndpoint)
	flags.BoolVar(&o.clientGroups, "client-groups", true, "")
	flags.BoolVar(&o.single, "single", false, "")
	flags.StringVar(&o.httpToken, "http-token", "", "")
	flags.Func("cors", "", o.addOrigin)
	flags.TextVar(&o.slow, "slow", slowPolicy("close"), "")
	o.tls.add(flags)
	flags.IntVar(&o.loops, "loops", 1, "")
	flags.BoolVar(&o.reusePort, "reuseport", false, "")
	flags.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "")
	flags.Func("admin", "", o.setAdmin)
	flags.BoolVar(&o.detach, "d", false, "")
	flags.StringVar(&o.pidFile, "pid-file", "", "")
	flags.StringVar(&o.logFile, "log-file", "", "")
	flags.BoolVar(&o.version, "version", false, "")
	return flags
}

func (o *options) addEndpoint(s string) error {
	e, err := parseEndpoint(s)
	o.listen = append(o.listen, e)
	return err
}

// setAdmin takes host:port, or unix:/path.
func (o *options) setAdmin(s string) error {
	e, err := parseEndpoint(protocolHTTP + "://" + s)
	if err == errEndpoint {
		err = errors.New("want host:port, or unix:/path")
	}
	o.admin = &e
	return err
}

// addOrigin takes what a browser says in Origin, or * for all.
func (o *options) addOrigin(s string) error {
	u, err := url.Parse(s)
	if s != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != s) {
		return errors.New("want an origin, such as https://www.example.com, or *")
	}
	o.cors = append(o.cors, s)
	return nil
}

// tokenVariable is where the token comes from without -http-token: other users of the machine see a command line, but not this.
const tokenVariable = "FANLOOP_TOKEN"

// bearerToken is what can be sent behind "Bearer" (RFC 6750 2.1).
var bearerToken = regexp.MustCompile(`^[-A-Za-z0-9._~+/]+=*$`)

// complete checks what single flags cannot, and fills in the defaults.
func (o *options) complete(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if o.loops < 1 || o.loops > 1024 {
		return errors.New("-loops wants a number from 1 to 1024")
	}
	if o.httpToken == "" {
		o.httpToken = os.Getenv(tokenVariable)
	}
	if o.httpToken != "" && !bearerToken.MatchString(o.httpToken) {
		return errors.New("-http-token wants letters, digits and -._~+/ only")
	}
	if len(o.listen) == 0 {
		o.listen = defaultEndpoints
	}
	return o.tls.check(o.listen)
}
