// The job of the benchmark on Bun, whose WebSockets are uWebSockets. As its documentation advises: pages subscribe to a topic and
// everybody is reached by server.publish, so that the fan-out happens in native code; no compression; one message handler
// for all. Backpressure is Bun's own: what a socket does not take waits in memory up to backpressureLimit. That is raised
// so that nothing is lost, and with -shed it is fanloop's limit, with closing behind it.
const echo = process.argv.includes("-echo");
const shed = process.argv.includes("-shed");
const argument = (name) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);
const cert = argument("-cert");
const pages = new Map();

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  tls: cert && { cert: Bun.file(cert), key: Bun.file(argument("-key")) },
  fetch(request, server) {
    if (server.upgrade(request, { data: { uid: "" } })) return;
    return new Response("only WebSockets are served here", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 0,
    sendPings: false,
    backpressureLimit: shed ? 1 << 20 : 1 << 30,
    closeOnBackpressureLimit: shed,
    message(page, message) {
      if (echo) return void page.send(message);
      if (page.data.uid) return;
      page.data.uid = message;
      pages.set(message, page);
      page.subscribe("all");
    },
    close(page) {
      if (pages.get(page.data.uid) === page) pages.delete(page.data.uid);
    },
  },
});

function push(line) {
  const message = JSON.parse(line);
  if (message.uid) {
    const page = pages.get(message.uid);
    page?.sendText(line);
    return page !== undefined;
  }
  if (message.all === true) {
    server.publish("all", line);
    return true;
  }
  return false;
}

// The answers of lines that came together leave together. What the socket does not take waits for drain.
function serveLines(connection, bytes) {
  const state = connection.data;
  const lines = (state.rest + state.decoder.decode(bytes, { stream: true })).split("\n");
  state.rest = lines.pop();
  for (const line of lines) state.answers += push(line) ? "ok\n" : "fail\n";
  flush(connection);
}

function flush(connection) {
  const state = connection.data;
  if (state.answers) state.answers = state.answers.slice(connection.write(state.answers));
}

console.log(`  ${cert ? "wss" : "websocket"}://127.0.0.1:${server.port}`);
if (!echo) {
  const text = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      open(connection) {
        connection.data = { rest: "", answers: "", decoder: new TextDecoder() };
      },
      data: serveLines,
      drain: flush,
    },
  });
  console.log(`  text://127.0.0.1:${text.port}`);
}
