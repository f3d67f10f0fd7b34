/** Who is here: the session's cookie fetches tokens that live a minute, and only in this module's memory. */

import { language, t } from "./words.js";

export const session = new EventTarget(); // says "ended" once nobody is signed in

/** The server said no, in the page's language. */
export class Refused extends Error {
  constructor(status, problem, pause) {
    super(problem.title ?? `HTTP ${status}`);
    this.status = status;
    const faults = (problem.errors ?? []).map((fault) => fault.detail);
    const lines = [problem.title, problem.detail, ...faults, pause && t("pause", pause)];
    this.lines = [...new Set(lines)].filter(Boolean);
  }
}

/** What to tell a person of `error`. */
export const said = (error) => (error instanceof Refused && error.lines.join(" ")) || t("unreachable");

async function ask(path, { token, body, headers, ...more } = {}) {
  const response = await fetch(path, {
    ...more,
    body: body && JSON.stringify(body),
    headers: {
      "Accept-Language": language(),
      ...(body && { "Content-Type": "application/json" }),
      ...(token && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  if (response.ok) return response;
  throw new Refused(response.status, await response.json().catch(() => ({})), response.headers.get("Retry-After"));
}

let held = { token: "", renewAt: 0 };
let asking = null;

/** A token that will last a little; `stale` is one that was refused. Whoever asks meanwhile gets the same. */
async function bearer(stale) {
  if (held.token && held.token !== stale && performance.now() < held.renewAt) return held.token;
  asking ??= renew().finally(() => (asking = null));
  return asking;
}

async function renew() {
  const asked = performance.now(); // elapsed time: the clocks of browser and server may differ by more than a token
  const answer = await (await ask("auth/local/token", { method: "POST" })).json();
  held = { token: answer.token, renewAt: asked + (answer.expires_in - 1) * 800 }; // its end is cut to a second
  return held.token;
}

/** Asks as the person; a 401 is asked again once, with a fresh token. Raises `Refused`. */
export async function call(path, options = {}) {
  try {
    const token = await bearer();
    try {
      return await ask(path, { ...options, token });
    } catch (error) {
      if (error.status !== 401) throw error;
      return await ask(path, { ...options, token: await bearer(token) });
    }
  } catch (error) {
    if (error.status === 401) forget();
    throw error;
  }
}

export const read = async (path, options) => (await call(path, options)).json();

export const methods = async () => (await ask("auth/methods")).json();

/** Raises `Refused` for a code that was used or is too old. */
export const enter = (code) => ask("auth/local/session", { method: "POST", body: { code } });

export async function leave() {
  await ask("auth/local/session", { method: "DELETE" });
  forget();
}

function forget() {
  held = { token: "", renewAt: 0 };
  session.dispatchEvent(new Event("ended"));
}
