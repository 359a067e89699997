// Make a video: choose or record, say what it is while it is on its way, publish. A draft is kept at every step.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { ask, sentenceOf } from "/static/app/asking.js";
import { Field, Send, useForm, Whole } from "/static/app/forms.js";
import { gated } from "/static/app/gate.js";
import { html, Icon } from "/static/app/html.js";
import { say } from "/static/app/notes.js";
import { go } from "/static/app/router.js";
import { Recorder } from "/static/video/recorder.js";
import { forget, upload } from "/static/video/uploading.js";
import { bytes, number, percent, span, t } from "/static/words.js";

const AUDIENCES = ["everyone", "followers", "mutuals", "me"];

export const title = "make.title";

export default gated("make.sign-in", "video", Make);

function Make() {
  const draft = new URLSearchParams(location.search).get("draft");
  const file = useSignal(null);
  const recording = useSignal(false);
  if (recording.value) return html`<${Recorder} onDone=${(made) => { recording.value = false; file.value = made; }} onClose=${() => (recording.value = false)} />`;
  if (draft) return html`<${Draft} key=${draft} id=${draft} />`;
  if (file.value) return html`<${Details} file=${file.value} onLeave=${() => (file.value = null)} />`;
  return html`<section class="page"><h1>${t("make.title")}</h1><${Choose} onFile=${(chosen) => (file.value = chosen)} onRecord=${() => (recording.value = true)} /></section>`;
}

function Choose({ onFile, onRecord }) {
  const over = useSignal(false);
  const drop = (event) => {
    event.preventDefault();
    over.value = false;
    if (event.dataTransfer.files[0]) onFile(event.dataTransfer.files[0]);
  };
  return html`<div class=${over.value ? "drop over" : "drop"} onDragOver=${(event) => { event.preventDefault(); over.value = true; }} onDragLeave=${() => (over.value = false)} onDrop=${drop}>
    <${Icon} name="upload" />
    <p>${t("make.drop")}</p>
    <p class="quiet">${t("make.limits")}</p>
    <div class="row">
      <label class="button solid"><input class="unseen" type="file" accept="video/*" onChange=${(event) => event.target.files[0] && onFile(event.target.files[0])} />${t("make.choose")}</label>
      <button type="button" class="button" onClick=${onRecord}><${Icon} name="camera" />${t("make.record")}</button>
    </div>
    <a href="/mine">${t("make.drafts")}</a>
  </div>`;
}

/** A draft that is there already: its form is filled with what it says. */
function Draft({ id }) {
  const video = useSignal(null);
  const trouble = useSignal("");
  useEffect(() => {
    ask("GET", `/app/mine/${encodeURIComponent(id)}`).then((said) => (video.value = said), (error) => (trouble.value = sentenceOf(error)));
  }, [id]);
  if (trouble.value) return html`<section class="page"><p class="trouble" role="alert">${trouble.value}</p><a href="/mine">${t("make.drafts")}</a></section>`;
  if (!video.value) return html`<section class="page" aria-busy="true"></section>`;
  return html`<${Details} there=${video.value} onLeave=${() => go("/mine")} />`;
}

function Details({ file, there, onLeave }) {
  const sending = there ? arrived(there.id) : useSending(file);
  const topics = useSignal([]);
  const reach = useSignal(null);
  const length = useSignal(0);
  const sounds = useSignal([]);
  const form = useForm(there ? filled(there) : { ...EMPTY, title: file.name.replace(/\.[^.]+$/, "").slice(0, 100) });
  const video = useRef(null);
  useEffect(() => {
    ask("GET", "/app/topics").then((said) => (topics.value = said.topics), () => {});
    soundsToTake().then((found) => (sounds.value = found), () => {});
  }, []);
  useEffect(() => {
    const wait = setTimeout(() => {
      const query = new URLSearchParams({ topics: form.values.value.topics, duration_s: lengthOf(form.values.value, length.value || there?.duration_s || 0) });
      ask("GET", `/app/reach?${query}`).then((said) => (reach.value = said), () => {});
    }, 500);
    return () => clearTimeout(wait);
  }, [form.values.value.topics, form.values.value.cut_from, form.values.value.cut_to, length.value]);
  const leave = () => {
    sending.stop();
    if (file) forget(file);
    onLeave();
  };
  const publish = async (values) => {
    const id = await sending.draft();
    await ask("PATCH", `/app/videos/${id}`, bodyOf(values));
    return ask("POST", `/app/videos/${id}/publish`, {});
  };
  const keep = async () => {
    const id = await sending.draft();
    await ask("PATCH", `/app/videos/${id}`, bodyOf(form.values.value));
    say(t("make.kept"));
    go("/mine");
  };
  return html`<section class="page wide">
    <h1>${t("make.details")}</h1>
    <div class="make-form">
      <div>
        ${file
          ? html`<${Preview} file=${file} video=${video} onLength=${(seconds) => (length.value = seconds)} onTime=${(seconds) => form.set("cover", seconds)} />
            <${Sending} sending=${sending} file=${file} />`
          : there.poster && html`<img class="make-preview" src=${there.poster} alt="" />`}
        ${reach.value && html`<${Reach} reach=${reach.value} />`}
      </div>
      <form class="form" onSubmit=${form.submit(publish, () => { say(t("make.sent")); go("/mine"); })}>
        <${Whole} form=${form} />
        <${Field} form=${form} name="title" label=${t("make.name")} maxlength="120" required />
        <${Field} form=${form} name="caption" label=${t("make.caption")} hint=${t("make.caption.hint")}>${(shared) => html`<textarea rows="3" maxlength="2000" dir="auto" ...${shared}></textarea>`}</${Field}>
        <${Field} form=${form} name="topics" label=${t("make.topics")} hint=${t("make.topics.hint")} list="topics-known" />
        <datalist id="topics-known">${topics.value.map((topic) => html`<option key=${topic.id} value=${topic.title}></option>`)}</datalist>
        <${Field} form=${form} name="place" label=${t("make.place")} maxlength="80" />
        <${Field} form=${form} name="audience" label=${t("make.audience")}>${(shared) => html`<select ...${shared}>
          ${AUDIENCES.map((one) => html`<option key=${one} value=${one}>${t(`make.audience.${one}`)}</option>`)}</select>`}</${Field}>
        <${Field} form=${form} name="music" label=${t("make.music")} hint=${t("make.music.hint")}>${(shared) => html`<select ...${shared}>
          <option value="">${t("make.music.own")}</option>
          ${there?.sound && html`<option value=${there.sound}>${there.music?.title || t("make.music.chosen")}</option>`}
          ${sounds.value.filter((one) => one.id !== there?.id).map((one) => html`<option key=${one.id} value=${one.id}>${one.title}</option>`)}</select>`}</${Field}>
        <details open=${Boolean(there)}>
          <summary>${t("make.cut")}</summary>
          <div class="pair">
            <${Field} form=${form} name="cut_from" label=${t("make.cut.from")} type="number" min="0" step="0.1" />
            <${Field} form=${form} name="cut_to" label=${t("make.cut.to")} type="number" min="0" step="0.1" />
          </div>
          <${Field} form=${form} name="cover" label=${t("make.cover")} hint=${t("make.cover.hint")} type="number" min="0" step="0.1" />
          <${Field} form=${form} name="publish_at" label=${t("make.later")} type="datetime-local" />
        </details>
        <div class="row">
          <${Send} form=${form} label=${t("make.publish")} />
          <button type="button" class="button" onClick=${() => keep().catch((error) => say(sentenceOf(error)))}>${t("make.keep")}</button>
          <button type="button" class="button bare" onClick=${leave}>${t(there ? "app.close" : "make.leave")}</button>
        </div>
      </form>
    </div>
  </section>`;
}

/** The file's own way: how far, what went wrong, and the draft that is made of it once it is there. */
function useSending(file) {
  const state = useSignal({ sent: 0, left: undefined, trouble: "", done: false, paused: false });
  const running = useRef(null);
  const start = () => {
    const stopping = new AbortController();
    const promise = upload(file, {
      signal: stopping.signal,
      progress: (sent, _, left) => (state.value = { ...state.value, sent, left }),
    }).then(async (asset) => {
      const draft = await ask("POST", "/app/videos", { asset });
      state.value = { ...state.value, done: true };
      return draft.id;
    });
    promise.catch((error) => {
      if (!stopping.signal.aborted) state.value = { ...state.value, trouble: sentenceOf(error) };
    });
    running.current = { stop: () => stopping.abort(), promise };
  };
  useEffect(() => {
    start();
    const stay = (event) => !state.value.done && event.preventDefault();
    addEventListener("beforeunload", stay);
    return () => removeEventListener("beforeunload", stay);
  }, []);
  const again = () => {
    state.value = { ...state.value, trouble: "", paused: false };
    start();
  };
  const pause = () => {
    running.current?.stop();
    state.value = { ...state.value, paused: true, left: undefined };
  };
  // Who asks for the draft wants the file there: a pause ends.
  const draft = () => {
    if (state.value.paused) again();
    return running.current.promise;
  };
  return { state, again, pause, stop: () => running.current?.stop(), draft };
}

function Sending({ sending, file }) {
  const { sent, left, trouble, done, paused } = sending.state.value;
  if (trouble) {
    return html`<p class="trouble" role="alert">${trouble} <button type="button" class="button small" onClick=${sending.again}>${t("make.go-on")}</button></p>`;
  }
  return html`<div class="sending" role="status">
    <progress class="bar-of-progress" max=${file.size} value=${done ? file.size : sent} aria-label=${t("make.sending")}></progress>
    <p class="quiet figures">${done ? t("make.arrived") : t("make.sending.of", { sent: bytes(sent), whole: bytes(file.size), share: percent(sent / file.size) })}
      ${!done && left !== undefined && html` · ${t("make.left", { span: span(left) })}`}</p>
    ${!done && html`<button type="button" class="button small" onClick=${paused ? sending.again : sending.pause}>${t(paused ? "make.go-on" : "make.pause")}</button>`}
  </div>`;
}

function Preview({ file, video, onTime, onLength }) {
  const address = useRef(URL.createObjectURL(file));
  const isMeasured = useRef(false);
  useEffect(() => () => URL.revokeObjectURL(address.current), []);
  // What was recorded here names no length; the browser finds it when it looks for the end.
  const measure = () => {
    if (isMeasured.current) return;
    isMeasured.current = Number.isFinite(video.current.duration);
    if (isMeasured.current) onLength(video.current.duration);
    if (!isMeasured.current) video.current.currentTime = Number.MAX_SAFE_INTEGER;
    else if (video.current.currentTime > 0) video.current.currentTime = 0;
  };
  return html`<video class="make-preview" ref=${video} src=${address.current} controls playsinline muted
    onLoadedMetadata=${measure} onDurationChange=${measure}
    onSeeked=${() => isMeasured.current && onTime(Math.round(video.current.currentTime * 10) / 10)}></video>`;
}

function Reach({ reach }) {
  return html`<div class="panel">
    <h2>${t("make.reach")}</h2>
    <p class="figures">${t("make.reach.of", { mid: number(reach.mid), low: number(reach.low), high: number(reach.high) })}</p>
    <ul class="reasons">${reach.reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>
  </div>`;
}

const EMPTY = { title: "", caption: "", topics: "", place: "", audience: "everyone", music: "", cut_from: "", cut_to: "", cover: 0, publish_at: "" };

/** What the form of a draft begins with. */
function filled(video) {
  const [from, to] = video.cut ?? [0, 0];
  const at = video.publish_at_ms ? new Date(video.publish_at_ms - new Date(video.publish_at_ms).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "";
  return {
    ...EMPTY,
    title: video.title,
    caption: video.caption,
    topics: video.topics.map((topic) => topic.id).join(" "),
    place: video.place_name ?? "",
    audience: video.audience,
    music: video.sound ?? "",
    cut_from: from ? String(from) : "",
    cut_to: to ? String(to) : "",
    cover: Math.max(0, video.cover_s ?? 0),
    publish_at: at,
  };
}

const arrived = (id) => ({ stop: () => {}, draft: async () => id });

/** Videos whose sound may be laid under one's own: those one kept, and one's own. */
async function soundsToTake() {
  const [kept, mine] = await Promise.all([ask("GET", "/app/kept"), ask("GET", "/app/mine?state=published")]);
  return [...(kept.cards ?? []), ...mine.videos].filter((one) => one.title);
}

/** Seconds that are left of a video after its cut. */
function lengthOf(values, whole) {
  const end = values.cut_to === "" ? whole : Math.min(Number(values.cut_to), whole || Infinity);
  return Math.max(0, Math.round((end - Number(values.cut_from || 0)) * 10) / 10) || 0;
}

function bodyOf(values) {
  const cut = values.cut_from !== "" || values.cut_to !== "" ? [Number(values.cut_from || 0), values.cut_to === "" ? null : Number(values.cut_to)] : null;
  return {
    title: values.title.trim(),
    caption: values.caption,
    topics: values.topics.split(/[,，#\s]+/).filter(Boolean).slice(0, 5),
    place: values.place,
    audience: values.audience,
    music: values.music,
    cover_s: Number(values.cover || 0),
    ...(cut ? { cut } : {}),
    ...(values.publish_at ? { publish_at_ms: new Date(values.publish_at).getTime() } : {}),
  };
}
