/** The page: who is here, what they ask for, and what came of it. */

import { Detail, LIVE, Print, standing } from "./print.js";
import { call, enter, leave, methods, read, said, session } from "./session.js";
import { follow } from "./stream.js";
import { fill, language, t, toggle } from "./words.js";

const PAGE = 24;
const AGAIN_MS = 2000;
const at = (id) => document.getElementById(id);
const [prompt, composer, gallery, more] = ["prompt", "composer", "gallery", "more"].map(at);
const actions = { open, edit, cancel, refresh, remove, fresh, again };
const detail = new Detail(actions);
const prints = new Map();
const sending = new Set();
let models = [], cursor = null, stop = new AbortController(), unsent = null;

// Coming and going

const NOT_HERE = new Set([401, 404]); // signed out, or nobody signs in here

async function arrive(code = new URLSearchParams(location.hash.slice(1)).get("code")) {
  if (code) history.replaceState(null, "", location.pathname + location.search);
  let refusal = "";
  try {
    if (code)
      await enter(code).catch((error) => {
        if (!NOT_HERE.has(error.status)) throw error;
        refusal = said(error); // whoever is signed in already does not mind
      });
    code = null;
    await show();
  } catch (error) {
    if (NOT_HERE.has(error.status)) return outside(refusal);
    tell("offline", error.status ? said(error) : t("offline"));
    setTimeout(() => arrive(code), AGAIN_MS);
  }
}

async function show() {
  const [page, offered] = await Promise.all([read(`api/jobs?mine=true&limit=${PAGE}`), read("api/models")]);
  models = offered.models;
  gallery.replaceChildren();
  prints.clear();
  for (const job of page.jobs) place(job);
  turn(page.next_cursor);
  settle(true);
  choices();
  prompt.focus({ preventScroll: true });
  listen();
}

function listen() {
  stop.abort();
  stop = new AbortController();
  follow(told, (lost) => tell("offline", lost ? t("offline") : ""), stop.signal);
}

async function outside(refusal = "") {
  stop.abort();
  if (detail.job) detail.element.close();
  const { local } = await methods().catch(() => ({ local: true }));
  tell("refusal", local ? refusal : t("elsewhere"));
  settle(false);
}

function settle(signedIn) {
  at("inside").hidden = at("leave").hidden = !signedIn;
  at("outside").hidden = signedIn;
  tell("offline", "");
}

// Asking

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const words = prompt.value.trim();
  if (!words) return prompt.focus();
  prompt.value = "";
  grow();
  make(kind(), { prompt: words, model: at("model").value || undefined }, words);
});
prompt.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  composer.requestSubmit();
});
prompt.addEventListener("input", grow);
composer.addEventListener("change", (event) => event.target.name === "kind" && choices());

const kind = () => composer.elements.kind.value;

function grow() {
  prompt.style.setProperty("height", "auto");
  prompt.style.setProperty("height", `${prompt.scrollHeight}px`);
}

/** Models and examples of the kind that is chosen. */
function choices() {
  const offered = models.filter((model) => model.kind === kind());
  const before = at("model").value;
  at("model").replaceChildren(...offered.map((model) => new Option(model.title, model.name)));
  at("model").hidden = offered.length < 2;
  if (offered.some((model) => model.name === before)) at("model").value = before;
  at("examples").replaceChildren(
    ...t(kind()).map((words) => {
      const item = document.createElement("li"), button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: words });
      button.addEventListener("click", () => make(kind(), { prompt: words, model: at("model").value || undefined }));
      item.append(button);
      return item;
    }),
  );
}

function make(wanted, body, words) {
  send(`api/${wanted}s/generate`, { kind: wanted, parameters: body, model: body.model }, body, words);
}

function fresh(job) {
  const { seed, ...parameters } = job.parameters; // without it, the server draws another
  send(`api/${job.kind}s/generate`, job, { ...parameters, model: job.model });
}

function again(job) {
  send(`api/jobs/${job.job_id}/retry`, job);
}

/** A print at once, then the job. What was refused goes back to the composer, and asking again is not asking twice. */
function send(path, job, body, words) {
  detail.element.close();
  tell("trouble", "");
  scrollTo({ top: 0 });
  const asked = path + JSON.stringify(body);
  const key = unsent?.asked === asked ? unsent.key : [...crypto.getRandomValues(new Uint32Array(4))].join("-");
  const { kind, parameters, model } = job;
  const print = place({ job_id: key, kind, parameters, model, status: "sending", created_at: new Date().toISOString() });
  const request = { method: "POST", body, headers: { "Idempotency-Key": key } };
  const sent = read(path, request).then((accepted) => {
    unsent = null;
    prints.delete(key);
    prints.set(accepted.job_id, print);
    print.since = performance.now();
    hear(accepted);
  }, (error) => {
    unsent = error.status ? null : { asked, key };
    drop(key);
    tell("trouble", said(error));
    if (words && !prompt.value) prompt.value = words;
    grow();
  }).finally(() => sending.delete(sent));
  sending.add(sent);
}

// What came of it

function place(job) {
  const print = new Print(actions);
  print.since = performance.now();
  print.show(job);
  prints.set(job.job_id, print);
  const isOlder = (item) => job.status === "sending" || item.dataset.at < job.created_at;
  gallery.insertBefore(print.element, [...gallery.children].find(isOlder) ?? null);
  at("yours").hidden = false;
  return print;
}

function drop(id) {
  prints.get(id)?.element.remove();
  prints.delete(id);
  at("yours").hidden = !prints.size;
}

/** Takes `job` as the newest word on it; an end is never taken back. */
function hear(job) {
  const print = prints.get(job.job_id);
  if (!print) return place(job);
  const before = print.job;
  if (!LIVE.has(before.status) && LIVE.has(job.status)) return print;
  print.show({ ...before, ...job });
  if ([before.job_id, job.job_id].includes(detail.job?.job_id)) detail.show(print.job); // it may have been open unsent
  if (before.status !== print.job.status && print.job.status !== "queued")
    at("news").textContent = t("tell", print.job.parameters.prompt, print.job.error?.message ?? standing(print.job));
  return print;
}

/** A line of the stream. A job of our own may be told before its request is answered: that waits. */
async function told(event, data, since) {
  if (sending.size && !prints.has(data.job_id)) await Promise.allSettled(sending);
  if (event === "snapshot") return data.jobs.forEach(hear), forgotten(data.jobs, since);
  if (event === "preview") data = { job_id: data.job_id, look: `data:${data.media_type};base64,${data.data}` };
  if (prints.has(data.job_id) || data.parameters) hear({ ...prints.get(data.job_id)?.job, ...data });
}

/** What we knew before a snapshot was asked for, that it should hold and does not, was deleted elsewhere. */
function forgotten(jobs, since) {
  const held = new Set(jobs.map((job) => job.job_id));
  const oldest = jobs.length < 20 ? 0 : Date.parse(jobs.at(-1).created_at);
  for (const [id, { since: heldSince, job }] of prints) {
    const wasThere = heldSince < since && job.status !== "sending" && Date.parse(job.created_at) > oldest;
    if (wasThere && !held.has(id)) drop(id);
  }
}

function open(job) {
  detail.open(job);
  if (!LIVE.has(job.status)) refresh(job); // links of files grow old
}

async function cancel(job) {
  hear({ ...job, status: "canceling" });
  await attempt(async () => hear(await read(`api/jobs/${job.job_id}/cancel`, { method: "POST" })));
}

function refresh(job) {
  return attempt(async () => hear(await read(`api/jobs/${job.job_id}`)));
}

async function remove(job) {
  await attempt(async () => {
    await call(`api/jobs/${job.job_id}`, { method: "DELETE" });
    detail.element.close();
    drop(job.job_id);
    at("news").textContent = t("removed");
    prompt.focus({ preventScroll: true });
  });
}

function edit(job) {
  detail.element.close();
  composer.elements.kind.value = job.kind;
  choices();
  prompt.value = job.parameters.prompt;
  scrollTo({ top: 0 });
  prompt.focus();
  grow();
}

function attempt(action) {
  return action().catch((error) => (detail.job ? detail.tell(said(error)) : tell("trouble", said(error))));
}

function tell(id, text) {
  at(id).textContent = text;
  at(id).hidden = !text;
}

more.addEventListener("click", () =>
  attempt(async () => {
    const page = await read(`api/jobs?mine=true&limit=${PAGE}&cursor=${encodeURIComponent(cursor)}`);
    for (const job of page.jobs) hear(job);
    turn(page.next_cursor);
  }),
);

function turn(next) {
  cursor = next;
  more.hidden = !next;
}

function speak() {
  document.documentElement.lang = language();
  fill(document);
  at("language").textContent = t("other");
  at("language").lang = language() === "fr" ? "en" : "fr";
  choices();
  for (const print of prints.values()) print.show(print.job);
}

at("language").addEventListener("click", () => {
  toggle();
  speak();
  if (!at("inside").hidden) listen(); // what the server says comes in the other language too
});
at("leave").addEventListener("click", () => attempt(leave));
session.addEventListener("ended", () => at("outside").hidden && outside());
addEventListener("hashchange", () => arrive());
speak();
arrive();
