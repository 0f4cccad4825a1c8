// What the back end's side asks of the server.

const token = document.getElementById('token');
let told = false; // that a token is wanted

export const hasToken = () => token.value !== '';

// post sends a JSON text; the answer is { ok, status, body }, with status 0 when there was none.
export const post = (path, json) => ask(path, { method: 'POST', body: json, headers: { 'Content-Type': 'application/json' } });

export const get = (path) => ask(path, { cache: 'no-store' });

async function ask(path, init) {
  const headers = { ...init.headers };
  if (hasToken()) headers.Authorization = 'Bearer ' + token.value;
  try {
    const answer = await fetch(path, { ...init, headers });
    const body = await answer.json().catch(() => ({}));
    if (answer.status === 401 && !told) document.getElementById('token-box').open = told = true;
    return { ok: answer.ok, status: answer.status, body };
  } catch {
    return { ok: false, status: 0, body: {} };
  }
}
