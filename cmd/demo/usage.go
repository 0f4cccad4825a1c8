package main

// usage is what -h prints. It names every flag with its default; a test compares.
const usage = `fanloop pushes messages from back ends to web pages.

A page opens a WebSocket and sends its uid as the first message. A back end connects
to the text port and writes JSON lines. Each line is pushed as it is, and answered:
ok when at least one open page took it, otherwise fail.

  {"uid":"u1", ...}     to every page of one user
  {"group":"g", ...}    to every page in a group
  {"all":true, ...}     to every page that has said its uid

An http port has all of that in one: a page to try it with at /, the WebSocket at
/ws, Server-Sent Events at /events?uid=..., and for back ends /push and the rest of
what /openapi.json describes.

Usage: fanloop [start] [flags]
       fanloop check [flags]
       fanloop stop [-g] [-pid-file file]
       fanloop status [-json] [-watch] [-pid-file file]

start, which is meant when nothing is said, serves. check, with the flags of start,
tells what start would find wrong, with file, line and key, and starts nothing; the exit
status is 1 then, and 2 when it does not understand its command line. stop tells the
process that was started to say goodbye to everybody, and returns when it has ended.
status shows how it is.

Flags of start. Each but -config, -d and -version is also a key of the configuration
file, and an environment variable: -log-level is FANLOOP_LOG_LEVEL. A flag counts more
than a variable, and that more than the file.

  -config file
      Read this file, as TOML: docs/fanloop.toml shows all of it. SIGHUP has it read
      again, and all files that it names: when nothing is wrong, what can be changed at
      run time is, and the log names what needs a restart.
  -listen address
      Open a port. Repeat it for more; the first replaces the defaults (default
      websocket://0.0.0.0:1234, text://127.0.0.1:5678 and http://127.0.0.1:8080).
      An address is websocket://host:port, text://host:port or http://host:port.
      Port 0 lets the system choose, no host means all addresses of IPv4 and IPv6,
      and unix:/path in place of host:port is a unix socket. systemd:name is one that
      the service manager has opened and passes on under that name. wss, texts and https
      in place of websocket, text and http are the same over TLS. Behind it may stand
      what is to hold for this port only, of the flags of ports below, as in
      'websocket://0.0.0.0:1234?max-connections=20000&ping-interval=20s'.
  -client-groups
      Pages may send {"join":"g"} and {"leave":"g"} after their uid (default true).
      -client-groups=false: they may not.
  -token token
      What back ends must have. On text ports that others than this machine can reach,
      the first line is then "auth token", answered ok, or fail and closed, unless a
      certificate is asked for; on others it may be. The API of the http ports wants
      "Authorization: Bearer token"; without a token it lets in only programs on this
      machine. Best said as $FANLOOP_TOKEN, which other users of the machine cannot see.
  -http-token token
      Another token for the API of the http ports.
  -origin origin
      Pages of this origin may connect, by WebSocket and to /events: such as
      https://www.example.com, https://*.example.com for all hosts below, same-host for
      the host that they connect to, whatever the ports, null for pages without an
      origin, * for all. Repeat it for more. Without it, same-host; and null, for pages
      that were opened as a file, as long as pages are who they say. Others get 403.
      Programs, which say no origin, are let in.
  -jwt-key file
      Pages show a signed token (JWT) and are who that says; docs/identity.md tells how.
      The file is the public key as PEM, a JWKS, or a secret of 32 bytes or more. Repeat
      it for more. SIGHUP has them read again.
  -jwt-audience name
      Tokens are for this audience (aud). Repeat it for more, of which one is enough.
      Without it, a token that says aud is refused.
  -jwt-issuer name
      Tokens are from this issuer (iss).
  -jwt-uid claim
      Where the uid stands in a token (default sub).
  -jwt-groups claim
      Where the groups stand in a token, if it has any (default groups).
  -jwt-cookie name
      Take the token from this cookie too.
  -jwt-leeway time
      How far the clocks may be apart, or off (default 5s).
  -auth-url url
      In place of tokens: ask the back end who a page is, by a POST with its cookies;
      docs/identity.md tells what it answers.
  -auth-timeout time
      How long that may take (default 3s).
  -auth-cache time
      How long an answer is taken for true, or off (default 10s).
  -cors origin
      Pages of this origin, such as https://www.example.com, may listen to /events
      of the http ports. Repeat it for more; * is all origins.
  -tls-cert file
      The certificate of the wss, texts and https ports, as PEM, with those that it
      depends on behind it. Repeat it, and -tls-key, for more: a client is shown the
      one for the name it asks for, and the first when there is none. SIGHUP has all
      files read again; connections that are open go on.
  -tls-key file
      The certificate's key, as PEM.
  -tls-self-signed
      In place of the files, make a certificate for trying out, which nobody trusts,
      and print its fingerprint (default false).
  -trust-proxy network
      Believe the proxies of this network, such as 10.0.0.0/8, an address, or loopback,
      when they say for whom they speak: with -proxy by the PROXY protocol, and in HTTP
      by Forwarded or X-Forwarded-For. What they say is the address of limits and logs;
      they themselves are exempt from limits on an address. Repeat it for more.
  -single
      One page a uid: a newer one closes the older, with code 4001 (default false).
  -max-connections-total n
      Connections that may be open in all, or off (default 1048576).
  -max-groups n
      Groups that one page may be in (default 1000).
  -max-memory size
      Bytes that all connections together may have waiting for them, or have sent of
      messages that are not whole, off or auto (default auto): a quarter of what the
      process may use (GOMEMLIMIT, control group, machine). When they are spent,
      publishers and unfinished messages wait, and who holds the most is closed.
  -max-name n
      Bytes of a uid, and of a group's name (default 1024).
  -max-push size
      Bytes of what is pushed at once (default 1MiB).
  -max-targets n
      Uids and groups that one push may name (default 10000).
  -loops n
      How many event loops serve the connections, 1 to 1024 (default 1).
  -log-level level
      Log to stderr from this level on: debug, info, warn, error (default info).
  -log-format format
      How lines of the log look: text or json (default text).
  -log-lines n
      Lines of one kind in ten seconds, from info on, or off (default 10). More are
      counted, and the count is a line.
  -admin address
      Serve Prometheus metrics at /metrics, profiles at /debug/pprof/, /healthz and
      /readyz on this address, host:port, unix:/path or systemd:name, such as
      127.0.0.1:9090.
      Whoever reaches it may ask. Without it they are served nowhere.
  -d
      Serve in the background, as a daemon, and return when the ports are open, or
      with the error (default false).
  -drain-delay time
      When told to stop, go on for so long, with /readyz answering 503, before anybody
      is said goodbye to, or off (default off): so load balancers can notice.
  -drain-timeout time
      How long everybody may take to get what is owed and to go, from then on
      (default 15s). Who has not is cut off.
  -restart-spread time
      Over how long pages should come back afterwards, or off (default off). With it
      each WebSocket is closed with code 1012 and a reason such as {"retry_ms":3200},
      its own time to wait; without, with code 1001. Event streams are told a time in
      either case, up to 5s without it.
  -pid-file file
      Where stop and status find the process; they take FANLOOP_PID_FILE too, but read
      no configuration file. Its control socket is beside it, with .sock in place of
      .pid. Without it, the file is fanloop.pid in a directory of
      the user's own: $XDG_RUNTIME_DIR/fanloop, or else fanloop-<user> in the temp
      directory. Only one process can have it; of those not started with -d, a
      second one does without.
  -log-file file
      Log to the end of this file. Without it, a daemon logs to a file beside the
      pid file, with .log in place of .pid.
  -version
      Print the version (default false).

Flags of ports, which count for all of them, unless behind the ? of a -listen something
else stands. A time is such as 500ms, 30s or 2m; a size such as 4096, 64KiB or 1MiB; off,
where it is allowed, is no limit.

  -reuseport
      Share the TCP ports with other processes that say so too (default false).
      Each process then has its own users: a push reaches those of one process only.
  -slow policy
      What becomes of pushes to a page that does not read, past 1 MiB (default close):
      close closes it with code 1013, drop-newest drops the push and answers fail if
      nobody else took it, drop-oldest drops what has waited longest. conflate keeps,
      of commands' pushes with the same key, the newest only, as soon as a page is
      behind, and closes a page past 1 MiB that this does not help.
  -max-outbox size
      Bytes that may wait for one that does not read (default 1MiB).
  -max-connections n
      Connections that may be open, or off (default 1048576). One more is closed at once.
  -max-per-address n
      Of them, those of one address, of IPv6 of a /64, or off (default 1024). Loopback
      and -trust-proxy are exempt.
  -address-rate n
      Connections that one address may open a second, or off (default 100); four seconds'
      worth may come at once.
  -user-timeout time
      How long a page over TCP may acknowledge nothing, or off (default 30s).
  -linger time
      How long to wait for a peer's end of a connection that is closed (default 5s).
  -keep-alive time
      How long a TCP connection may be quiet before the kernel asks whether its peer is
      still there, or off (default 1m).
  -message-rate n
      Messages, pings and requests that a page may send a second, or off (default 100);
      four seconds' worth may come at once. Back ends are exempt, by text and, once they
      have been let in, by http; so are requests from this machine and -trust-proxy.
  -byte-rate size
      Bytes likewise, or off (default 1MiB).
  -fast policy
      What becomes of a page that sends more (default pause): pause does not read it for
      a while, close closes it with code 1008, or 429.
  -proxy
      Connections of the networks of -trust-proxy begin with a PROXY header, version 1 or
      2, in front of TLS too; without one they are closed (default false).
  -proxy-timeout time
      How long a PROXY header may take (default 5s).
  -handshake-timeout time
      Of websocket and wss: from the connection to the end of the opening handshake
      (default 10s).
  -bind-timeout time
      How long a page may be connected without a uid, or off (default 10s). Then it is
      closed with code 1008.
  -ping-interval time
      How often pages are pinged, or off (default 30s). One that has not been heard of by
      the fourth ping is closed with code 1001.
  -close-timeout time
      How long a page may take to answer a Close frame (default 5s).
  -max-message size
      Bytes of a page's message (default 1MiB). A longer one: code 1009.
  -max-request-line size
      Of a request's first line, that of a WebSocket's opening handshake too
      (default 8KiB). A longer one: 414.
  -max-head size
      Of a request's head (default 16KiB). A longer one: 431.
  -max-fields n
      Fields of a head (default 100). One more: 431.
  -head-timeout time
      Of http and https: for a request's head (default 10s). Beyond it: 408.
  -body-timeout time
      Of http and https: how long a body may bring nothing, or less than -min-body-rate
      (default 30s).
  -min-body-rate n
      Of http and https: bytes a second that a body must bring on average in each
      -body-timeout, or off (default 240): one byte is enough then.
  -idle time
      How long a connection may bring nothing, or auto (default auto). Of http and https:
      no request; auto is 75s. Of text and texts: no line; auto is 24h. Of websocket and
      wss: nothing, in answer to pings too, which come at least four times meanwhile;
      auto is four times -ping-interval, and so it is for WebSockets on an http port.
  -max-body size
      Of http and https: of a request's body (default 5MiB). A longer one: 413.
  -max-pipelined n
      Of http and https: requests that may wait for their answers (default 64).
  -max-line size
      Of text and texts: bytes of a line (default 10MiB).
  -tls-client-ca file
      On texts ports, let in only those back ends whose certificate one of these
      authorities, as PEM, has signed.
  -tls-handshake-timeout time
      How long a TLS handshake may take (default 10s).
  -tls-handshakes n
      TLS handshakes that may be under way (default 4096). For one more, the one whose
      peer has been silent the longest gives way.
  -tls-handshakes-per-address n
      Of them, those from one address, of IPv6 from a /64 (default 256).

Flags of stop:

  -g
      Gently: take no more connections, and end when those that are open have been
      closed by their clients (default false). Another stop without -g hurries it.

Flags of status:

  -json
      Print one line of JSON (default false).
  -watch
      Print it again every second, on a terminal in place, until Ctrl-C
      (default false).

Ctrl-C, or SIGTERM, says goodbye to everybody and ends; a second one ends at once. So
does a terminal that closes, for a process in its foreground.

Without -jwt-key and -auth-url a uid is believed as it is said, and without -token
whoever reaches the text port may push: right for trying out, and the log says so when
others than this machine can reach a port.
`
