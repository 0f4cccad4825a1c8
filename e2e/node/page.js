// A page without a browser: says its uid, then prints each message as JSON, and at the end the close code.
// node page.js ws://host:port/ uid
const WebSocket = require('ws');

const [url, uid] = process.argv.slice(2);
const page = new WebSocket(url);
page.on('open', () => page.send(uid));
page.on('message', (data, binary) => console.log(JSON.stringify({ text: data.toString(), binary })));
page.on('close', (code) => console.log(JSON.stringify({ code })));
page.on('error', (err) => {
  console.error(err.message);
  process.exitCode = 1;
});
