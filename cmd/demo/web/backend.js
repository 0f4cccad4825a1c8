// The right side: who has something to say.

import { post, hasToken } from './api.js';
import { snippets } from './snippets.js';
import { text } from './text.js';

const $ = (id) => document.getElementById(id);
const form = $('push-form');

const names = { uid: 'uid1', group: 'news' }; // what stands in the name field, for each kind of receiver
let to = 'uid', shown = 'curl', playing = false, textPort = '127.0.0.1:5678';

// start: changed is called after each push, for the counts.
export function start(changed) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    pushOnce().then(changed);
  });
  form.addEventListener('input', onInput);
  $('play').addEventListener('click', () => play().then(changed));
  $('copy').addEventListener('click', copy);
  $('tabs').addEventListener('keydown', onTabKey);
  makeTabs();
  onInput();
}

// follow keeps the name in step with the browser's uid, as long as nobody has written another one.
export function follow(uid, before) {
  if (names.uid !== before) return;
  names.uid = uid;
  if (form.to.value === 'uid') $('name').value = uid;
  showSnippet();
}

// setTextPort says where lines are taken; nothing, when that is nowhere.
export function setTextPort(address) {
  textPort = address;
  if (!address) {
    delete snippets.nc;
    if (shown === 'nc') shown = 'curl';
    makeTabs();
  }
  showSnippet();
}

function onInput() {
  if (to !== form.to.value) {
    to = form.to.value;
    if (to !== 'all') $('name').value = names[to];
  } else if (to !== 'all') {
    names[to] = $('name').value;
  }
  $('name-field').hidden = to === 'all';
  $('name').required = to !== 'all';
  $('name-label').textContent = text(to === 'group' ? 'toGroup' : 'toUser');
  showSnippet();
}

// lineOf is the line to push: this object, and in it whom it is for. Numbers stay as they are written.
function lineOf(what) {
  const target = to === 'all' ? '"all":true' : `"${to}":${JSON.stringify($('name').value.trim())}`;
  const inside = what.trim().replace(/\s*[\r\n]\s*/g, ' ').slice(1, -1).trim();
  return `{${target}${inside ? ',' : ''}${inside}}`;
}

function isObject(what) {
  try {
    const value = JSON.parse(what);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

// what is written in the field, or null when that is no object.
function what() {
  const written = $('what').value.trim() || '{}';
  const fine = isObject(written);
  $('what-wrong').textContent = fine ? '' : text('notObject');
  $('what').setAttribute('aria-invalid', String(!fine));
  return fine ? written : null;
}

async function pushOnce() {
  const written = what();
  if (written === null) return $('what').focus();
  await push(lineOf(written));
}

async function push(line) {
  const { ok, status, body } = await post('/push', line);
  const verdict = $('verdict');
  verdict.dataset.verdict = ok ? 'ok' : 'fail';
  if (ok) verdict.textContent = text('taken', body.taken ?? 0, body.refused ?? 0);
  else if (status === 0) verdict.textContent = text('unreachable');
  else verdict.textContent = `${status} · ${body.detail ?? body.title ?? text('failed')}`;
  return ok;
}

// play pushes a progress from 0 to 100 %, each step when the one before has been answered; again, it stops.
async function play() {
  if (playing) {
    playing = false;
    return;
  }
  playing = true;
  $('play').textContent = text('stop');
  $('verdict').ariaLive = 'off'; // nobody wants to hear all of them
  for (let percent = 0; playing && percent <= 100; percent += 2) {
    if (!await push(lineOf(`{"percent":"${percent}%"}`))) break;
    await new Promise((done) => setTimeout(done, 60));
  }
  playing = false;
  $('play').textContent = text('play');
  $('verdict').ariaLive = 'polite';
}

function makeTabs() {
  $('tabs').replaceChildren(...Object.keys(snippets).map((name) => {
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.role = 'tab';
    tab.id = 'tab-' + name;
    tab.textContent = snippets[name].name;
    tab.setAttribute('aria-controls', 'snippet');
    tab.addEventListener('click', () => choose(name));
    return tab;
  }));
}

function choose(name) {
  shown = name;
  showSnippet();
}

function onTabKey(event) {
  const all = Object.keys(snippets), at = all.indexOf(shown);
  const go = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
  if (go === undefined) return;
  event.preventDefault();
  choose(all[go % all.length]);
  $('tab-' + shown).focus();
}

function showSnippet() {
  for (const name of Object.keys(snippets)) {
    const tab = $('tab-' + name), chosen = name === shown;
    tab.setAttribute('aria-selected', String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
  $('snippet').setAttribute('aria-labelledby', 'tab-' + shown);
  const written = what();
  if (written === null) return;
  $('snippet-code').textContent = snippets[shown].code(lineOf(written), { origin: location.origin, textPort, token: hasToken() });
}

async function copy() {
  const code = $('snippet-code');
  try {
    await navigator.clipboard.writeText(code.textContent);
    $('copied').textContent = $('copy-text').textContent = text('copied');
  } catch { // without https there is no clipboard: then it is at least selected
    getSelection().selectAllChildren(code);
    $('copied').textContent = $('copy-text').textContent = text('selected');
  }
  setTimeout(() => { $('copy-text').textContent = text('copy'); }, 2000);
}
