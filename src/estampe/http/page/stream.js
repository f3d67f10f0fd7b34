/** News of all of one's jobs as they happen, for as long as the page is seen; polls while it cannot be told. */

import { call, read } from "./session.js";

const FIRST_WORD_MS = 8_000;
const SILENCE_MS = 40_000; // the server says something every 15 s
const SHORTEST_MS = 1_000; // a stream that ends sooner than that was cut
const LONGEST_PAUSE_MS = 8_000;

/** Calls `tell(name, data, since)` until `stop` is aborted, and `lost(true)` while the server does not answer. */
export async function follow(tell, lost, stop) {
  for (let failures = 0; !stop.aborted; ) {
    await seen();
    const hidden = new AbortController();
    const hide = () => document.hidden && hidden.abort();
    document.addEventListener("visibilitychange", hide);
    try {
      const began = performance.now();
      await listen(tell, AbortSignal.any([stop, hidden.signal]), () => {
        failures = 0;
        lost(false);
      });
      if (performance.now() - began < SHORTEST_MS) failures = 1;
    } catch (error) {
      if (stop.aborted || error.status === 401) return;
      if (hidden.signal.aborted) continue;
      failures += 1;
      await poll(tell).then(() => lost(false), () => lost(failures > 1));
    } finally {
      document.removeEventListener("visibilitychange", hide);
    }
    if (failures) await pause(Math.min(500 * 2 ** failures, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2));
  }
}

/** Browsers allow few connections a server: a page nobody sees leaves its own to others. */
const seen = () =>
  document.hidden && new Promise((done) => document.addEventListener("visibilitychange", done, { once: true }));

const pause = (ms) =>
  new Promise((done) => {
    setTimeout(done, ms);
    addEventListener("online", done, { once: true });
  });

async function poll(tell) {
  const since = performance.now();
  tell("snapshot", await read("api/jobs?mine=true&limit=20"), since);
}

async function listen(tell, stop, heard) {
  const since = performance.now();
  const quiet = new AbortController();
  let alarm = setTimeout(() => quiet.abort(), FIRST_WORD_MS);
  try {
    const response = await call("api/events", {
      signal: AbortSignal.any([stop, quiet.signal]), headers: { Accept: "text/event-stream" },
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = "", next; !(next = await reader.read()).done; ) {
      clearTimeout(alarm);
      alarm = setTimeout(() => quiet.abort(), SILENCE_MS);
      heard();
      const blocks = (rest + next.value).split(/\r?\n\r?\n/);
      rest = blocks.pop();
      for (const block of blocks) {
        const { event, data } = parsed(block);
        if (event === "reauthenticate" || event === "bye") return;
        if (data) tell(event, JSON.parse(data), since);
      }
    }
  } finally {
    clearTimeout(alarm);
  }
}

function parsed(block) {
  const found = { event: "message", data: "" };
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === "event") found.event = value;
    if (name === "data") found.data += (found.data && "\n") + value;
  }
  return found;
}
