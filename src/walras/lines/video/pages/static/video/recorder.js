// Record with the device's camera and microphone.

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { html, Icon, IconButton } from "/static/app/html.js";
import { minutes, t } from "/static/words.js";

const LONGEST_S = 180;

export function Recorder({ onDone, onClose }) {
  const picture = useRef(null);
  const stream = useRef(null);
  const recorder = useRef(null);
  const seconds = useSignal(-1);
  const isOpen = useSignal(false);
  const trouble = useSignal("");
  useEffect(() => {
    opened().then(
      (found) => {
        stream.current = found;
        picture.current.srcObject = found;
        isOpen.value = true;
      },
      () => (trouble.value = t("record.refused")),
    );
    return () => stream.current?.getTracks().forEach((track) => track.stop());
  }, []);
  useEffect(() => {
    if (seconds.value < 0) return undefined;
    const tick = setInterval(() => (seconds.value >= LONGEST_S ? stop() : (seconds.value += 1)), 1000);
    return () => clearInterval(tick);
  }, [seconds.value < 0]);
  const start = () => {
    const parts = [];
    recorder.current = new MediaRecorder(stream.current);
    recorder.current.ondataavailable = (event) => parts.push(event.data);
    recorder.current.onstop = () => {
      const type = recorder.current.mimeType;
      onDone(new File(parts, type.includes("mp4") ? "recorded.mp4" : "recorded.webm", { type, lastModified: Date.now() }));
    };
    recorder.current.start(1000);
    seconds.value = 0;
  };
  const stop = () => recorder.current?.state === "recording" && recorder.current.stop();
  return html`<div class="feed recorder">
    <video ref=${picture} autoplay muted playsinline aria-label=${t("record.picture")}></video>
    <div class="feed-back"><${IconButton} icon="x" label=${t("app.close")} onClick=${onClose} /></div>
    ${trouble.value && html`<div class="middle on-stage" role="alert"><${Icon} name="camera" /><p>${trouble.value}</p></div>`}
    <div class="record-foot">
      ${seconds.value >= 0 && html`<span class="figures" role="timer">${minutes(seconds.value)}</span>`}
      <button type="button" class=${seconds.value >= 0 ? "record on" : "record"} disabled=${!isOpen.value}
        aria-label=${t(seconds.value >= 0 ? "record.stop" : "record.start")} onClick=${seconds.value >= 0 ? stop : start}></button>
    </div>
  </div>`;
}

async function opened() {
  return navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", height: { ideal: 1280 } }, audio: true });
}
