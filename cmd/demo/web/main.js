// Puts the two sides together, and keeps the counts fresh.

import * as browser from './browser.js';
import * as backend from './backend.js';
import { get } from './api.js';
import { translate } from './text.js';

const $ = (id) => document.getElementById(id);
const every = 2000; // milliseconds between two counts

translate();
const uid = new URLSearchParams(location.search).get('uid');
let before = $('uid').value;
if (uid) $('uid').value = uid;
browser.start();
backend.start(count);
followUID();
$('uid').addEventListener('input', followUID);

function followUID() {
  backend.follow($('uid').value, before);
  before = $('uid').value;
}

async function count() {
  const { ok, body } = await get('/count');
  for (const what of ['connections', 'uids', 'groups']) {
    $('count-' + what).textContent = ok ? Number(body[what]).toLocaleString() : '–';
  }
}

// A page that nobody sees does not ask.
setInterval(() => { if (!document.hidden) count(); }, every);
document.addEventListener('visibilitychange', () => { if (!document.hidden) count(); });
count();

get('/web/ports.json').then(({ ok, body }) => { if (ok) backend.setTextPort(body.text); });
