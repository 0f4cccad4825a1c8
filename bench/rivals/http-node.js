// The plaintext job of the benchmark on Node's own http: one process, the length given, so that the answer is not chunked.
import http from "node:http";

const text = "Hello, World!";
const fields = { "Content-Type": "text/plain", "Content-Length": text.length };

const server = http.createServer((request, response) => {
  response.writeHead(200, fields);
  response.end(text);
});
server.listen(0, "127.0.0.1", () => console.log(`  http://127.0.0.1:${server.address().port}`));
