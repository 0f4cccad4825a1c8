// The list of messages. However fast they come, it is drawn once a frame, keeps the newest, and speaks once in a while.

import { text } from './text.js';

const kept = 200, spokenEvery = 1500; // messages; milliseconds

const list = document.getElementById('messages');
const badge = document.getElementById('message-count');
const spoken = document.getElementById('spoken');
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' });

let count = 0, fresh = [], drawing = 0, speaking = 0, unspoken = 0;

export function add(message) {
  count++;
  unspoken++;
  fresh.push({ message, at: new Date() });
  if (fresh.length > kept) fresh.shift();
  drawing ||= requestAnimationFrame(draw);
  speaking ||= setTimeout(speak, spokenEvery);
}

export function clear() {
  count = 0;
  fresh = [];
  list.replaceChildren();
  badge.textContent = '0';
}

function draw() {
  drawing = 0;
  badge.textContent = count.toLocaleString();
  list.prepend(...fresh.reverse().map(row));
  fresh = [];
  while (list.childElementCount > kept) list.lastElementChild.remove();
}

function row({ message, at }) {
  const item = document.createElement('li');
  const time = document.createElement('time');
  const code = document.createElement('code');
  time.dateTime = at.toISOString();
  time.textContent = clock.format(at);
  code.textContent = message.length > 2000 ? message.slice(0, 2000) + '…' : message;
  item.append(time, code);
  return item;
}

function speak() {
  speaking = 0;
  const latest = list.querySelector('code')?.textContent;
  if (latest) spoken.textContent = text('spoken', unspoken, latest);
  unspoken = 0;
}
