// The job of the benchmark on ws, Node's usual WebSocket package. As its README advises: no compression, bufferutil beside it,
// and everybody is reached by going through the clients. Strings are made into a Buffer once a broadcast and not once a
// client. What a socket does not take waits in Node's memory, without a limit; with -shed a client that has more than
// fanloop's limit waiting is cut off, which is what bufferedAmount is for.
import net from "node:net";
import { WebSocketServer } from "ws";

const echo = process.argv.includes("-echo");
const shed = process.argv.includes("-shed");
const limit = 1 << 20;
const pages = new Map();

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, backlog: 4096, perMessageDeflate: false });

server.on("connection", (page) => {
  let uid = "";
  page.on("error", () => {}); // close follows
  page.on("message", (message) => {
    if (echo) return page.send(message, { binary: false });
    if (uid) return;
    uid = message.toString();
    pages.set(uid, page);
  });
  page.on("close", () => {
    if (pages.get(uid) === page) pages.delete(uid);
  });
});

function send(page, message) {
  if (shed && page.bufferedAmount > limit) return page.terminate();
  page.send(message, { binary: false });
}

function push(line) {
  const { uid, all } = JSON.parse(line);
  if (uid) {
    const page = pages.get(uid);
    if (page) send(page, Buffer.from(line));
    return page !== undefined;
  }
  if (all === true) {
    const message = Buffer.from(line);
    for (const page of pages.values()) send(page, message);
    return true;
  }
  return false;
}

// The answers of lines that came together leave together.
function serveLines(connection) {
  let rest = "";
  connection.setEncoding("utf8");
  connection.setNoDelay(true);
  connection.on("error", () => {}); // close follows
  connection.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    let answers = "";
    for (const line of lines) answers += push(line) ? "ok\n" : "fail\n";
    if (answers) connection.write(answers);
  });
}

server.on("listening", () => {
  console.log(`  websocket://127.0.0.1:${server.address().port}`);
  if (echo) return;
  const text = net.createServer(serveLines).listen(0, "127.0.0.1", () => {
    console.log(`  text://127.0.0.1:${text.address().port}`);
  });
});
