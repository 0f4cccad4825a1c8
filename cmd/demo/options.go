package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"fanloop/cmd/demo/internal/config"
)

// options are what the command line, the environment and the configuration file say, in this order.
type options struct {
	listen       []endpoint
	port         portOptions // of ports that do not say otherwise
	limits       limits
	leaving      leaving
	loops        int
	single       bool
	clientGroups bool
	identity     identityOptions
	token        string   // of back ends
	httpToken    string   // of those over HTTP, in its place
	cors         []string // origins whose pages may listen to /events
	tls          tlsOptions
	proxies      proxies
	log          logOptions
	admin        *endpoint // of metrics and profiles; nil is nowhere
	config       string    // file; "" is none
	pidFile      string    // "" is the default, which need not be free
	detach       bool
	version      bool

	args    []string        // the command line
	reading *config.Reading // where all of it comes from
}

// environment is what the names of environment variables begin with: -log-level is FANLOOP_LOG_LEVEL.
const environment = "FANLOOP"

// tokenVariable is where -token is best said: other users of the machine see a command line, but not the environment.
const tokenVariable = environment + "_TOKEN"

// A usageError is what is wrong with a command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// parseOptions reads the command line, and what it leaves to the environment and the file. The error is flag.ErrHelp for -h, a
// usageError, or all that is wrong with the options, a line each. It prints nothing.
func parseOptions(args []string) (options, error) {
	o := standardOptions()
	o.args = args
	flags := o.flags()
	from := config.Sources{
		Args: args, Prefix: environment, File: "config", CommandLine: []string{"d", "version"},
	}
	r, err := from.Read(flags)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is not a flag", flags.Arg(0))
	}
	if err != nil {
		return options{}, usageError{err}
	}
	o.reading = r
	if r.Err() == nil {
		o.complete()
	}
	if err := r.Err(); err != nil {
		return options{}, err
	}
	return o, nil
}

// standardOptions are those when nothing is said.
func standardOptions() options {
	return options{
		port: standardPort(), limits: standardLimits(), leaving: standardLeaving(), log: standardLog(), identity: standardIdentity(), loops: 1, clientGroups: true,
	}
}

// flags are those of start, whose values are the defaults before they are set. Each but -config, -d and -version can stand in the file
// too. What they mean stands in usage and in docs/fanloop.toml; tests miss it there.
func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("fanloop", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Var(config.String(&o.config), "config", "")
	flags.Var(config.List(&o.listen, parseEndpoint), "listen", "")
	o.port.addFlags(flags)
	o.limits.addFlags(flags)
	o.leaving.addFlags(flags)
	flags.Var(config.Bool(&o.clientGroups), "client-groups", "")
	flags.Var(config.Bool(&o.single), "single", "")
	o.identity.addFlags(flags)
	flags.Var(config.Secret(&o.token), "token", "")
	flags.Var(config.Secret(&o.httpToken), "http-token", "")
	flags.Var(config.List(&o.cors, parseOrigin), "cors", "")
	o.tls.addFlags(flags)
	o.proxies.addFlags(flags)
	flags.Var(config.Number(&o.loops, 1, 1024), "loops", "")
	o.log.addFlags(flags)
	flags.Var(config.Func(o.adminText, o.setAdmin), "admin", "")
	flags.Var(config.Bool(&o.detach), "d", "")
	flags.Var(config.String(&o.pidFile), "pid-file", "")
	flags.Var(config.Bool(&o.version), "version", "")
	return flags
}

// allEndpoints are the ports, and the admin address.
func (o *options) allEndpoints() []endpoint {
	all := slices.Clone(o.listen)
	if o.admin != nil {
		all = append(all, *o.admin)
	}
	return all
}

// listenText is what -listen says, or the defaults.
func (o *options) listenText() string {
	var b strings.Builder
	for _, e := range o.listen {
		fmt.Fprintf(&b, "%s ", e)
	}
	return strings.TrimSuffix(b.String(), " ")
}

// setAdmin takes host:port, unix:/path, systemd:name, or nothing.
func (o *options) setAdmin(s string) error {
	if s == "" {
		o.admin = nil
		return nil
	}
	e, err := parseEndpoint(protocolHTTP + "://" + s)
	if err == errEndpoint || e.query != "" {
		err = errors.New("want host:port, unix:/path or systemd:name")
	}
	o.admin = &e
	return err
}

func (o *options) adminText() string {
	if o.admin == nil {
		return ""
	}
	return o.admin.address
}

// parseOrigin takes what a browser says in Origin, or * for all.
func parseOrigin(s string) (string, error) {
	u, err := url.Parse(s)
	if s != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != s) {
		return "", errors.New("want an origin, such as https://www.example.com, or *")
	}
	return s, nil
}

func (o *options) checkToken(name, token string) {
	if token != "" && !bearerToken.MatchString(token) {
		o.reading.Problem(name, errors.New("want letters, digits and -._~+/ only"))
	}
}

// isPublic tells whether more has been said than is for trying out: that a proxy stands in front, or how pages show who they are. Then
// what comes from this machine need not be of this machine.
func (o *options) isPublic() bool {
	return len(o.proxies) > 0 || o.identity.asks()
}

// apiToken is what back ends need over HTTP; "" lets this machine in only, or nobody: see isPublic.
func (o *options) apiToken() string {
	if o.httpToken != "" {
		return o.httpToken
	}
	return o.token
}

// bearerToken is what can be sent behind "Bearer" (RFC 6750 2.1).
var bearerToken = regexp.MustCompile(`^[-A-Za-z0-9._~+/]+=*$`)

// complete fills in what is said when nothing is, and checks what single flags cannot. What is wrong is in the reading, under the
// name of a flag.
func (o *options) complete() {
	o.checkToken("token", o.token)
	o.checkToken("http-token", o.httpToken)
	if len(o.listen) == 0 {
		o.listen = defaultEndpoints
	}
	o.checkPorts()
	o.checkTLS()
	if o.detach && slices.ContainsFunc(o.allEndpoints(), func(e endpoint) bool { _, passed := e.passedAs(); return passed }) {
		o.reading.Problem("d", errors.New("a socket that is passed on by a service manager cannot be passed on to a daemon"))
	}
	o.checkProxies()
	o.checkIdentity()
}
