// One video element and its source. The source is let go of when the card is far, since a browser keeps the memory of
// every source it was given.

const canStream = "MediaSource" in window || "ManagedMediaSource" in window;
let streaming;

/** Give an element its source: one file where the card has one, else the stream in pieces. */
export async function attach(element, card) {
  if (element.dataset.of === card.id) return;
  detach(element);
  element.dataset.of = card.id;
  if (card.mp4) {
    element.src = card.mp4;
  } else if (canStream) {
    await stream(element, card);
  } else {
    element.src = card.hls;
  }
}

/** Let go of the source and of everything that was fetched for it. */
export function detach(element) {
  element.stream?.destroy();
  element.stream = undefined;
  if (element.dataset.of) {
    delete element.dataset.of;
    element.pause();
    element.removeAttribute("src");
    element.load();
  }
}

/** Play, with sound where the person has asked for it; silently where the browser allows no more. */
export async function play(element, muted) {
  element.muted = muted;
  try {
    await element.play();
    return true;
  } catch (error) {
    if (error.name !== "NotAllowedError" || element.muted) return false;
    element.muted = true;
    return element.play().then(() => true, () => false);
  }
}

async function stream(element, card) {
  streaming ??= import("/static/vendor/hls.js");
  const { default: Hls } = await streaming;
  // Meanwhile the card may have gone far, or been given another video.
  if (element.dataset.of !== card.id) return;
  const one = new Hls({ maxBufferLength: 12, maxMaxBufferLength: 20, backBufferLength: 6, startLevel: -1, enableWorker: false });
  element.stream = one;
  one.on(Hls.Events.ERROR, (_, problem) => problem.fatal && mend(one, Hls, problem, element));
  one.loadSource(card.hls);
  one.attachMedia(element);
}

function mend(one, Hls, problem, element) {
  if (problem.type === Hls.ErrorTypes.MEDIA_ERROR && !one.mended) {
    one.mended = true;
    one.recoverMediaError();
  } else {
    element.dispatchEvent(new Event("error"));
  }
}
