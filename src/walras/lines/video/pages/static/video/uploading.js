// A file on its way, in pieces: what arrived is asked for after every break, and a file that is chosen again goes on where
// it stopped, even after the browser was closed. The protocol is tus 1.0.

import { Refusal } from "/static/app/asking.js";

const PIECE = 2 * 1024 * 1024;
const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15000];
const TUS = { "tus-resumable": "1.0.0" };

/** Send a file; `progress(sent, whole, secondsLeft)` hears how far it is. Gives the id of the asset. */
export async function upload(file, { progress, signal }) {
  const mark = `upload ${file.name} ${file.size} ${file.lastModified}`;
  let { address, asset } = JSON.parse(localStorage.getItem(mark) ?? "{}");
  let offset = address ? await arrived(address).catch(() => -1) : -1;
  if (offset < 0) {
    ({ address, asset } = await begun(file));
    localStorage.setItem(mark, JSON.stringify({ address, asset }));
    offset = 0;
  }
  const started = { ms: performance.now(), offset };
  while (offset < file.size) {
    signal?.throwIfAborted();
    offset = await sent(address, file, offset, signal);
    const rate = (offset - started.offset) / ((performance.now() - started.ms) / 1000);
    progress(offset, file.size, rate > 0 ? (file.size - offset) / rate : undefined);
  }
  localStorage.removeItem(mark);
  return asset;
}

/** Let go of a file that is half there. */
export async function forget(file) {
  const mark = `upload ${file.name} ${file.size} ${file.lastModified}`;
  const { address } = JSON.parse(localStorage.getItem(mark) ?? "{}");
  localStorage.removeItem(mark);
  if (address) await fetch(address, { method: "DELETE", headers: TUS }).catch(() => {});
}

async function begun(file) {
  const name = btoa(String.fromCharCode(...new TextEncoder().encode(file.name)));
  const answer = await answered(
    fetch("/uploads", { method: "POST", headers: { ...TUS, "upload-length": String(file.size), "upload-metadata": `filename ${name}` } }),
  );
  return { address: answer.headers.get("location"), asset: answer.headers.get("walras-asset") };
}

async function arrived(address) {
  const answer = await answered(fetch(address, { method: "HEAD", headers: TUS }));
  return Number(answer.headers.get("upload-offset"));
}

/** Send one piece; after a break what arrived is asked for, and the piece goes from there. */
async function sent(address, file, offset, signal) {
  for (let at = offset, tries = 0; ; ) {
    try {
      const headers = { ...TUS, "content-type": "application/offset+octet-stream", "upload-offset": String(at) };
      const answer = await answered(fetch(address, { method: "PATCH", headers, body: file.slice(at, at + PIECE), signal }));
      return Number(answer.headers.get("upload-offset"));
    } catch (error) {
      const hopeless = error instanceof Refusal && error.status < 500 && ![409, 423, 429].includes(error.status);
      if (signal?.aborted || hopeless || tries >= RETRY_MS.length) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[tries]));
      tries += 1;
      at = await arrived(address).catch(() => at);
      if (at > offset) return at;
    }
  }
}

async function answered(fetching) {
  const answer = await fetching;
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
  return answer;
}
