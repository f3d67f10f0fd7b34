/** One job on the page: a print from the moment it is asked for, and its detail view. */

import { date, fill, number, seconds, t } from "./words.js";

export const LIVE = new Set(["sending", "queued", "running", "canceling"]);

const still = matchMedia("(prefers-reduced-motion: reduce)");
const played = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries)
    if (isIntersecting && !still.matches) target.play().catch(() => {});
    else target.pause();
});

/** URLs of files name the server as it names itself; the page may have been opened under another name. */
const local = (url) => url.replace(/^.*?\/(?=api\/assets\/)/, "");

/** How `job` stands, in words. */
export function standing({ status, queue_position: ahead, progress }) {
  if (status === "queued" && ahead != null) return ahead ? t("ahead", number(ahead)) : t("next");
  if (status === "running" && progress?.fraction) return number(progress.fraction, { style: "percent" });
  return t(status === "queued" ? "next" : status);
}

/** The file as an element; `broken` is called when its link has grown too old. */
function media(file, title, { whole, broken }) {
  const moves = file.media_type.startsWith("video/");
  const made = document.createElement(moves ? "video" : "img");
  Object.assign(made, { width: file.width, height: file.height, className: "file" });
  made.style.setProperty("background-image", `url("${file.placeholder}")`);
  made.addEventListener("error", broken, { once: true });
  if (moves) {
    Object.assign(made, { muted: true, loop: true, playsInline: true, preload: "none", controls: still.matches && whole });
    Object.assign(made, { poster: local(file.thumbnail_url), src: local(file.url) });
    made.setAttribute("aria-label", title);
    played.observe(made);
  } else Object.assign(made, { alt: title, decoding: "async", src: local(whole ? file.url : file.thumbnail_url) });
  return made;
}

/** A look at `job` that fills a plate: what it made, else the latest preview. */
function dress(plate, job) {
  const look = plate.querySelector(".look");
  look.hidden = !job.look || !LIVE.has(job.status) && !job.outputs?.length;
  if (job.look && look.src !== job.look) look.src = job.look;
  const { width = 1, height = 1 } = job.parameters;
  plate.style.setProperty("--ratio", `${width} / ${height}`);
}

export class Print {
  constructor(actions) {
    this.element = document.querySelector("#print").content.firstElementChild.cloneNode(true);
    this.actions = actions;
    this.find(".open").addEventListener("click", () => actions.open(this.job));
    this.find(".cancel").addEventListener("click", () => actions.cancel(this.job));
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  show(job) {
    this.job = job;
    const live = LIVE.has(job.status), [file] = job.outputs ?? [];
    fill(this.element);
    dress(this.find(".plate"), job);
    Object.assign(this.element.dataset, { status: job.status, at: job.created_at });
    this.element.ariaBusy = String(live);
    this.find(".open").textContent = job.parameters.prompt;
    this.find(".said").textContent = file ? "" : job.error?.message ?? standing(job);
    this.find(".under").textContent = this.under(live);
    this.find(".cancel").hidden = !["queued", "running"].includes(job.status);
    const bar = this.find("progress");
    bar.hidden = !live;
    bar.ariaLabel = standing(job);
    if (job.progress?.fraction && job.status === "running") bar.value = job.progress.fraction;
    else bar.removeAttribute("value");
    if (file && (this.broken ? this.url !== file.url : this.file !== file.asset_id)) this.develop(file);
  }

  under(live) {
    const { notes, outputs, status } = this.job;
    if (live || !outputs?.length) return status === "failed" ? t(status) : "";
    const ignored = notes?.ignored?.length && t("ignored", notes.ignored.join(", "));
    return [outputs.length > 1 && t("of", outputs.length), ignored].filter(Boolean).join(" · ");
  }

  /** Puts the file over the preview; a link that is too old is asked for again. */
  develop(file) {
    Object.assign(this, { file: file.asset_id, url: file.url, broken: false });
    this.find(".file")?.remove();
    const broken = () => {
      this.broken = true;
      this.actions.refresh(this.job);
    };
    this.find(".plate").append(media(file, this.job.parameters.prompt, { whole: false, broken }));
  }
}

export class Detail {
  constructor(actions) {
    this.element = document.querySelector("#detail");
    this.element.addEventListener("click", (event) => this.pressed(event, actions));
    this.find(".danger").addEventListener("blur", () => this.doubt(false));
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  get job() {
    return this.element.open ? this.shown : null;
  }

  pressed({ target }, actions) {
    const act = target.closest("[data-act]")?.dataset.act;
    if (act === "remove" && !this.sure) this.doubt(true);
    else if (act && act !== "download") actions[act](this.job);
    else if (target === this.element || target.closest(".close")) this.element.close();
  }

  doubt(sure) {
    this.sure = sure;
    this.find(".danger").textContent = t(sure ? "sure" : "remove");
  }

  open(job) {
    this.tell("");
    this.doubt(false);
    this.shown = null;
    this.show(job);
    this.element.showModal();
    this.find("h2").focus();
  }

  tell(trouble) {
    this.find(".trouble").textContent = trouble;
    this.find(".trouble").hidden = !trouble;
  }

  show(job) {
    const files = job.outputs ?? [], live = LIVE.has(job.status), anew = this.shown?.job_id !== job.job_id;
    this.shown = job;
    if (anew || (this.broken || !this.url) && this.url !== files[0]?.url) this.hang(files, job.parameters.prompt);
    this.element.classList.toggle("bare", !files.length);
    this.find("h2").textContent = job.parameters.prompt;
    this.find(".said").textContent = job.error?.message ?? standing(job);
    this.find(".said").hidden = job.status === "succeeded";
    const facts = Object.entries(this.facts(job)).filter(([, said]) => said);
    this.find("dl").replaceChildren(...facts.flatMap(([name, said]) => [node("dt", t(name)), node("dd", said)]));
    const acts = { download: files.length, cancel: live && job.status !== "canceling", fresh: files.length };
    Object.assign(acts, { again: !live, edit: !live, remove: !live });
    for (const one of this.element.querySelectorAll("[data-act]")) one.hidden = !acts[one.dataset.act];
    if (files.length) this.find("a").href = local(files[0].url);
  }

  /** Shows the files; should their links have grown too old, those of the next snapshot. */
  hang(files, title) {
    Object.assign(this, { url: files[0]?.url, broken: false });
    const broken = () => {
      this.broken = true;
      this.show(this.shown);
    };
    this.find(".shown").replaceChildren(...files.map((file) => media(file, title, { whole: true, broken })));
  }

  facts({ notes, outputs, parameters, model, created_at: at, finished_at: end, started_at: start }) {
    const [file] = outputs ?? [];
    return {
      understood: notes?.understood?.join(", "),
      skipped: notes?.ignored?.join(", "),
      model,
      seed: parameters.seed?.toString(),
      size: file && `${file.width} × ${file.height}` + (file.duration_s ? ` · ${seconds(file.duration_s)}` : ""),
      took: file && seconds((Date.parse(end) - Date.parse(start)) / 1000),
      made: date(at),
    };
  }
}

function node(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
