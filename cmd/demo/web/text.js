// What the page says, in English and in 正體中文.

const en = {
  tagline: 'A back end says it once; every open page of that user has it at once.',
  counts: 'Live counts', connections: 'connections', users: 'users', groups: 'groups',
  browser: 'A browser', uid: 'Who is here (uid)', by: 'Connect by', connect: 'Connect', disconnect: 'Disconnect',
  progress: 'Progress', group: 'Group', join: 'Join', leave: 'Leave $1', inGroups: 'Groups this page is in',
  messages: 'Messages', messagesNewest: 'Messages, newest first', clear: 'Clear', spoken: '$1 new, the latest: $2',
  'state-off': 'Not connected', 'state-connecting': 'Connecting …', 'state-on': 'Connected, listening',
  'state-waiting': 'Lost. Trying again in about $1 s', 'state-closed': 'Closed by the server: $1',
  backend: 'A back end', to: 'To', toUser: 'User', toGroup: 'Group', toAll: 'All', what: 'What (a JSON object)',
  notObject: 'This is not a JSON object yet.', push: 'Push', play: 'Play 0 → 100 %', stop: 'Stop',
  empty: 'Nothing yet.', noVerdict: 'The verdict comes here.',
  taken: 'Taken by $1, refused by $2', failed: 'refused', unreachable: 'The server does not answer',
  token: 'API token', tokenWhy: 'If the server wants one. It stays in this page.',
  same: 'The same push from', copy: 'Copy', copied: 'Copied', selected: 'Selected',
  more: 'Open this page as often as you like: the messages come to all of them.', another: 'Open another browser',
};

const zh = {
  tagline: '後端說一次，這個使用者開著的每個網頁馬上收到。',
  counts: '即時人數', connections: '連線', users: '使用者', groups: '群組',
  browser: '瀏覽器', uid: '這是誰（uid）', by: '連線方式', connect: '連線', disconnect: '中斷',
  progress: '進度', group: '群組', join: '加入', leave: '離開 $1', inGroups: '這個網頁所在的群組',
  messages: '訊息', messagesNewest: '訊息，新的在前', clear: '清除', spoken: '$1 則新訊息，最新的是：$2',
  'state-off': '尚未連線', 'state-connecting': '連線中……', 'state-on': '已連線，等待訊息',
  'state-waiting': '斷線了，約 $1 秒後再試', 'state-closed': '伺服器關閉了連線：$1',
  backend: '後端', to: '送給', toUser: '使用者', toGroup: '群組', toAll: '所有人', what: '內容（JSON 物件）',
  notObject: '這還不是 JSON 物件。', push: '推送', play: '播放 0 → 100 %', stop: '停止',
  empty: '還沒有訊息。', noVerdict: '結果會出現在這裡。',
  taken: '$1 個連線收下，$2 個拒絕', failed: '被拒絕', unreachable: '伺服器沒有回應',
  token: 'API 權杖', tokenWhy: '伺服器需要時才填，只留在這個網頁裡。',
  same: '同樣的推送，用', copy: '複製', copied: '已複製', selected: '已選取',
  more: '這個網頁開幾個都行：每一個都會收到。', another: '再開一個瀏覽器',
};

const asked = new URLSearchParams(location.search).get('lang') ?? navigator.language;
const chinese = /^zh/i.test(asked);
const words = chinese ? zh : en;

// text is one of the page's texts, with its arguments put in.
export function text(key, ...values) {
  return values.reduce((t, value, i) => t.replace('$' + (i + 1), () => value), words[key]);
}

// translate puts the texts into the document, which is written in English.
export function translate() {
  for (const e of document.querySelectorAll('[data-text]')) e.textContent = text(e.dataset.text);
  for (const e of document.querySelectorAll('[data-label]')) e.setAttribute('aria-label', text(e.dataset.label));
  document.getElementById('messages').dataset.empty = text('empty');
  document.documentElement.lang = chinese ? 'zh-TW' : 'en';
  const other = document.getElementById('language');
  const at = new URL(location.href);
  at.searchParams.set('lang', other.lang = other.hreflang = chinese ? 'en' : 'zh-TW');
  other.href = at.href;
  other.textContent = chinese ? 'English' : '正體中文';
}
