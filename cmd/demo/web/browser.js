// The left side: a page that says who it is, and hears.

import { Connection } from './connection.js';
import * as log from './log.js';
import { text } from './text.js';

const $ = (id) => document.getElementById(id);
const form = $('connect-form');

let connection = null;

export function start() {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (connection) connection.stop();
    else connect();
  });
  form.addEventListener('input', showAddress);
  $('group-form').addEventListener('submit', (event) => {
    event.preventDefault();
    join($('group').value.trim());
  });
  $('clear').addEventListener('click', log.clear);
  showState('off');
}

function connect() {
  const uid = $('uid').value.trim();
  if (!uid) return;
  connection = new Connection(form.by.value, uid, { state: showState, message: onMessage });
}

const offStates = ['off', 'closed'];

function showState(state, detail) {
  const off = offStates.includes(state);
  if (off) connection = null;
  $('state').dataset.state = state;
  $('state-text').textContent = text('state-' + state, detail);
  $('connect').textContent = text(off ? 'connect' : 'disconnect');
  $('connect').classList.toggle('primary', off);
  $('uid').readOnly = !off;
  for (const radio of form.by) radio.disabled = !off;
  $('join').disabled = off;
  if (off) showGroups();
}

function showAddress() {
  const address = Connection.address(form.by.value, $('uid').value.trim(), connection?.groups);
  $('address').textContent = address.replace(/token=.*/, 'token=…').replace(/^(http|ws)(s?):\/\//, (scheme) => form.by.value === 'ws' ? scheme : '');
  const another = new URL(location.href);
  another.searchParams.set('uid', $('uid').value.trim());
  $('another').href = another.href;
}

function onMessage(message) {
  log.add(message);
  const percent = percentOf(message);
  if (percent === null) return;
  $('progress').value = percent;
  $('percent').textContent = `${Math.round(percent * 10) / 10} %`;
}

// percentOf is the "percent" of a JSON object, "88%" or 88, or null.
function percentOf(message) {
  let percent;
  try {
    percent = JSON.parse(message)?.percent;
  } catch {
    return null;
  }
  if (typeof percent === 'string') percent = parseFloat(percent);
  return Number.isFinite(percent) ? Math.min(100, Math.max(0, percent)) : null;
}

function join(group) {
  if (!connection || !group) return;
  connection.join(group);
  showGroups();
}

function leave(group) {
  connection.leave(group);
  showGroups();
  $('group').focus();
}

function showGroups() {
  $('groups').replaceChildren(...[...connection?.groups ?? []].map((group) => {
    const item = document.createElement('li');
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = '×';
    button.setAttribute('aria-label', text('leave', group));
    button.addEventListener('click', () => leave(group));
    item.append(group, button);
    return item;
  }));
  showAddress();
}
