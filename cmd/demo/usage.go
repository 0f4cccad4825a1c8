package main

// usage is what -h prints. It names every flag with its default; a test compares.
const usage = `fanloop pushes messages from back ends to web pages.

A page opens a WebSocket and sends its uid as the first message. A back end connects
to the text port and writes JSON lines. Each line is pushed as it is, and answered:
ok when at least one open page took it, otherwise fail.

  {"uid":"u1", ...}     to every page of one user
  {"group":"g", ...}    to every page in a group
  {"all":true, ...}     to every page that has said its uid

Usage: fanloop [flags]

  -listen address
      Open a port. Repeat it for more; the first replaces both defaults
      (default websocket://0.0.0.0:1234 and text://127.0.0.1:5678).
      An address is websocket://host:port or text://host:port. Port 0 lets the
      system choose, no host means all addresses of IPv4 and IPv6, and unix:/path
      in place of host:port is a unix socket.
  -client-groups
      Pages may send {"join":"g"} and {"leave":"g"} after their uid (default true).
      -client-groups=false: they may not.
  -single
      One page a uid: a newer one closes the older, with code 4001 (default false).
  -loops n
      How many event loops serve the connections, 1 to 1024 (default 1).
  -reuseport
      Share the TCP ports with other processes that say so too (default false).
      Each process then has its own users: a push reaches those of one process only.
  -log-level level
      Log to stderr from this level on: debug, info, warn, error (default info).

Ctrl-C, or SIGTERM, says goodbye to everybody and ends; a second one ends at once.

A uid is believed as it is said, and whoever reaches the text port may push. So this
program is for trying out, and for networks where that is right.
`
