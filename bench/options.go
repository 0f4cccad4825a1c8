//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fanloop/bench/client"
)

// options are what the command line says.
type options struct {
	out, cache, workerman string
	quick                 bool
	rounds, pairedRounds  int
	fewRounds             int
	slow, far             float64
	keep                  bool
	servers, scenarios    list
	patience              float64

	connections, size           int
	stepMessages, burstMessages int
	pacedRate                   float64
	pacedMessages               int
	oneConnections, oneMessages int
	manyMessages, manyWindow    int
	echoConnections, echoSize   int
	echoMessages                int
	idleConnections             int
	stormConnections, parallel  int
	stuck, stuckFill            int
	stuckMessages               int
	growth                      numbers
	growthRate                  float64
	growthMessages              int
	hubUIDs                     numbers
	httpConnections             numbers
	httpPipeline                int
	httpSeconds                 float64
	burners, busyMessages       int
	tlsConnections              int
	tlsMessages                 int
	settle, rest                float64
}

// A list is a flag of names with commas in between; empty means all.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = strings.Split(s, ","); return nil }

func (l list) has(name string) bool { return len(l) == 0 || slices.Contains(l, name) }

// numbers is a flag of numbers with commas in between.
type numbers []int

func (n *numbers) String() string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(*n)), ","), "[]")
}

func (n *numbers) Set(s string) error {
	*n = nil
	for _, field := range strings.Split(s, ",") {
		v, err := strconv.Atoi(field)
		if err != nil {
			return err
		}
		*n = append(*n, v)
	}
	return nil
}

// quickArgs make everything small: to see that it works and that nothing is lost, never to read a time from.
var quickArgs = strings.Fields("-rounds 1 -paired-rounds 1 -connections 200 -step-messages 20 -burst-messages 100 -paced-rate 20 -paced-messages 5 " +
	"-one-connections 50 -one-messages 100 -many-messages 5000 -echo-connections 50 -echo-messages 2000 -idle-connections 500 " +
	"-storm-connections 500 -stuck 20 -stuck-fill 262144 -stuck-messages 5 -growth 100,300 -growth-rate 20 -growth-messages 5 -hub 100000 -http-connections 20,50 -http-seconds 0.1 -busy-messages 20 -tls-connections 200 -tls-messages 20 -settle 0.02 -rest 0.1")

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{growth: numbers{1_000, 5_000, 15_000}, hubUIDs: numbers{1_000_000, 10_000_000}, httpConnections: numbers{100, 1_000}}
	if slices.Contains(args, "-quick") || slices.Contains(args, "--quick") {
		args = slices.Concat(quickArgs, args)
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	o.generalFlags(flags)
	o.scenarioFlags(flags)
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not a flag; see -h", flags.Arg(0))
	}
	return o, o.check()
}

func (o *options) generalFlags(flags *flag.FlagSet) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	flags.StringVar(&o.out, "out", "", "`folder` for results.json, results.md and results.svg; default: only print the table")
	flags.StringVar(&o.cache, "cache", filepath.Join(cache, "fanloop-bench"), "`folder` for what is installed (npm packages)")
	flags.StringVar(&o.workerman, "workerman", "", "`folder` in which Workerman is installed (with vendor/autoload.php); default: left out")
	flags.BoolVar(&o.quick, "quick", false, "everything small, in under two minutes: whether it works, never how fast")
	flags.IntVar(&o.rounds, "rounds", 3, "`rounds` of each scenario; the servers take turns in each")
	flags.IntVar(&o.pairedRounds, "paired-rounds", 9, "`rounds` of paced and one, which are compared pair by pair")
	flags.Var(&o.servers, "servers", "only these `servers`, with commas in between (see README.md)")
	flags.Var(&o.scenarios, "scenarios", "only these `scenarios`: step, burst, paced, one, many, echo, idle, storm, stuck, growth, hub, http, sse, busy, tls")
	flags.Float64Var(&o.slow, "slow", 12, "a rival whose round takes these `seconds` has only -few-rounds of that scenario")
	flags.Float64Var(&o.far, "far", 2.5, "so does a rival that is so many `times` worse than the best in what the scenario is about, and the best in nothing")
	flags.IntVar(&o.fewRounds, "few-rounds", 2, "`rounds` of such rivals")
	flags.BoolVar(&o.keep, "keep", false, "keep what is in the -out folder already of other scenarios: measure them one after the other, into one file")
	flags.Float64Var(&o.patience, "patience", 20, "`seconds` without any progress after which a run has failed")
	flags.Float64Var(&o.settle, "settle", 0.3, "`seconds` that a server is left alone before it is measured")
	flags.Float64Var(&o.rest, "rest", 3, "`seconds` before the memory of idle connections is read")
}

func (o *options) scenarioFlags(flags *flag.FlagSet) {
	flags.IntVar(&o.connections, "connections", 5_000, "step, burst, paced, many, stuck: connections")
	flags.IntVar(&o.size, "size", 128, "`bytes` of a message")
	flags.IntVar(&o.stepMessages, "step-messages", 200, "step: broadcasts")
	flags.IntVar(&o.burstMessages, "burst-messages", 600, "burst: broadcasts")
	flags.Float64Var(&o.pacedRate, "paced-rate", 5, "paced, stuck: broadcasts a second")
	flags.IntVar(&o.pacedMessages, "paced-messages", 20, "paced: broadcasts")
	flags.IntVar(&o.oneConnections, "one-connections", 200, "one: connections")
	flags.IntVar(&o.oneMessages, "one-messages", 5_000, "one: pushes")
	flags.IntVar(&o.manyMessages, "many-messages", 300_000, "many: pushes")
	flags.IntVar(&o.manyWindow, "many-window", 0, "many: how many pushes may be unanswered; 0: as many as TCP takes")
	flags.IntVar(&o.echoConnections, "echo-connections", 500, "echo: connections")
	flags.IntVar(&o.echoSize, "echo-size", 64, "echo: `bytes` of a message")
	flags.IntVar(&o.echoMessages, "echo-messages", 300_000, "echo: messages, over all connections")
	flags.IntVar(&o.idleConnections, "idle-connections", 15_000, "idle: connections")
	flags.IntVar(&o.stormConnections, "storm-connections", 15_000, "storm: connections")
	flags.IntVar(&o.parallel, "parallel", 256, "connections in the making at once")
	flags.IntVar(&o.stuck, "stuck", 500, "stuck: connections that never read")
	flags.IntVar(&o.stuckFill, "stuck-fill", 512<<10, "stuck: `bytes` that they are behind before the measurement")
	flags.IntVar(&o.stuckMessages, "stuck-messages", 25, "stuck: broadcasts")
	flags.Var(&o.growth, "growth", "growth: numbers of connections")
	flags.Float64Var(&o.growthRate, "growth-rate", 3, "growth: broadcasts a second")
	flags.IntVar(&o.growthMessages, "growth-messages", 12, "growth: broadcasts")
	flags.Var(&o.hubUIDs, "hub", "growth: numbers of uids for the hub alone")
	o.httpFlags(flags)
}

func (o *options) httpFlags(flags *flag.FlagSet) {
	flags.Var(&o.httpConnections, "http-connections", "http: numbers of connections")
	flags.IntVar(&o.httpPipeline, "http-pipeline", 16, "http: requests that a connection sends at once, where they are pipelined")
	flags.Float64Var(&o.httpSeconds, "http-seconds", 2, "http: `seconds` in which requests are sent")
	flags.IntVar(&o.burners, "burners", 16, "busy: handlers that use the CPU")
	flags.IntVar(&o.tlsConnections, "tls-connections", 5_000, "tls: connections")
	flags.IntVar(&o.tlsMessages, "tls-messages", 40, "tls: broadcasts")
	flags.IntVar(&o.busyMessages, "busy-messages", 500, "busy: pushes")
}

// maxConnections is what the usual limit of 20,000 open files leaves.
const maxConnections = 19_000

func (o *options) check() error {
	most := max(o.connections, o.oneConnections, o.echoConnections, o.idleConnections, o.stormConnections, o.tlsConnections, slices.Max(append(o.growth, 0)),
		slices.Max(append(o.httpConnections, 0)))
	switch {
	case most > maxConnections:
		return fmt.Errorf("at most %d connections: client and server are one process each", maxConnections)
	case min(o.connections, o.oneConnections, o.echoConnections, o.idleConnections, o.stormConnections, o.tlsConnections, o.rounds, o.pairedRounds, o.fewRounds, o.parallel) < 1,
		slices.Min(append(o.httpConnections, 1)) < 1:
		return errors.New("connections, rounds and -parallel want at least 1")
	case o.size < client.MinSize || o.echoSize < client.MinEcho || o.echoSize > 125:
		return fmt.Errorf("-size wants at least %d, -echo-size %d to 125", client.MinSize, client.MinEcho)
	case o.stuck >= o.connections || o.stuck < 0:
		return errors.New("-stuck wants fewer than -connections")
	case o.httpPipeline < 2 || o.burners < 1:
		return errors.New("-http-pipeline wants at least 2, -burners at least 1")
	case o.keep && o.out == "":
		return errors.New("-keep wants -out")
	case o.pacedRate <= 0 || o.httpSeconds <= 0 || o.growthRate <= 0:
		return errors.New("rates want to be above 0")
	}
	return nil
}
