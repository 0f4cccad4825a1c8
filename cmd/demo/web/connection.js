// A Connection is how a page hears from fanloop: by WebSocket, or by Server-Sent Events. It comes back by itself, and is in its groups again.
//
//   connecting -> on -> waiting -> connecting ...   until stop(), or until the server means it

const shortest = 500, longest = 15000; // milliseconds between two attempts, doubling

// retryHint is how long a server that restarts asks this page to wait, in milliseconds; 0 when it does not say.
function retryHint({ code, reason }) {
  if (code !== 1012) return 0;
  try {
    return Number(JSON.parse(reason).retry_ms) || 0;
  } catch {
    return 0;
  }
}

// A token in the page's own address, /#token=eyJ..., says whose page this is, in place of the uid: what stands behind # is sent to nobody.
const token = new URLSearchParams(location.hash.slice(1)).get('token');

export class Connection {
  // hear has state(name, detail) and message(text).
  constructor(by, uid, hear) {
    Object.assign(this, { by, uid, hear, groups: new Set(), attempts: 0, socket: null, source: null, timer: 0 });
    this.comeBack = () => { if (this.timer) this.connect(); };
    addEventListener('online', this.comeBack);
    this.connect();
  }

  // address is where one connects. Who listens to events cannot say anything: it all stands in the query.
  static address(by, uid, groups = []) {
    const at = new URL(by === 'ws' ? '/ws' : '/events', location.origin);
    if (by === 'ws') {
      at.protocol = at.protocol === 'https:' ? 'wss:' : 'ws:';
      return at.href;
    }
    if (token) {
      at.searchParams.set('token', token);
      return at.href;
    }
    at.searchParams.set('uid', uid);
    for (const group of groups) at.searchParams.append('group', group);
    return at.href;
  }

  connect() {
    this.forget();
    this.hear.state('connecting');
    if (this.by === 'ws') this.connectSocket();
    else this.connectSource();
  }

  connectSocket() {
    const socket = this.socket = new WebSocket(Connection.address('ws'));
    socket.onopen = () => {
      if (token) this.say({ token });
      else socket.send(this.uid); // the first message says whose page this is
      for (const group of this.groups) this.say({ join: group });
      this.opened();
    };
    socket.onmessage = (event) => this.hear.message(typeof event.data === 'string' ? event.data : `(${event.data.size} bytes)`);
    socket.onclose = (event) => {
      // 1008: the server refuses us. From 4000: the back end, or a newer page of this uid, has closed us.
      if (event.code === 1008 || event.code >= 4000) this.stop('closed', event.reason || event.code);
      else this.wait(retryHint(event));
    };
  }

  connectSource() {
    const source = this.source = new EventSource(Connection.address('sse', this.uid, this.groups));
    source.onopen = () => this.opened();
    source.onmessage = (event) => this.hear.message(event.data);
    source.addEventListener('goodbye', (event) => {
      const { code, reason } = JSON.parse(event.data); // as those of a Close frame
      if (code === 1008 || code >= 4000) this.stop('closed', reason || code);
    });
    source.onerror = () => {
      // EventSource comes back by itself, unless the answer was not a stream: then it has given up, and we have not.
      if (source.readyState === EventSource.CLOSED) this.wait();
      else this.hear.state('connecting');
    };
  }

  opened() {
    this.attempts = 0;
    this.hear.state('on');
  }

  join(group) {
    this.groups.add(group);
    this.change({ join: group });
  }

  leave(group) {
    this.groups.delete(group);
    this.change({ leave: group });
  }

  // change tells the server about a group: a WebSocket says so, a listener to events asks anew.
  change(message) {
    if (this.by === 'sse') this.connect();
    else if (this.socket?.readyState === WebSocket.OPEN) this.say(message);
  }

  say(message) { this.socket.send(JSON.stringify(message)); }

  // wait waits for the next attempt, a little longer each time, and not in step with all other pages; or for as long as the server says.
  wait(told = 0) {
    this.forget();
    const delay = told || Math.min(longest, shortest * 2 ** this.attempts++) * (0.75 + Math.random() / 2);
    this.timer = setTimeout(() => this.connect(), delay);
    this.hear.state('waiting', Math.max(1, Math.round(delay / 1000)));
  }

  stop(state = 'off', detail) {
    removeEventListener('online', this.comeBack);
    this.forget();
    this.hear.state(state, detail);
  }

  forget() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (this.socket) {
      this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
      this.socket.close();
    }
    this.source?.close();
    this.socket = this.source = null;
  }
}
