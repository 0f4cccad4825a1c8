// The plaintext job of the benchmark on Bun: a handler, or with -static a static route, which its documentation names as the fastest
// way to answer: no JavaScript runs.
const text = () => new Response("Hello, World!", { headers: { "Content-Type": "text/plain" } });

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  ...(process.argv.includes("-static")
    ? { routes: { "/plaintext": text() }, fetch: () => new Response("not found", { status: 404 }) }
    : { fetch: text }),
});
console.log(`  http://127.0.0.1:${server.port}`);
