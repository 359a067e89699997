// One card: the video over the whole stage, who made it, what it says, and what can be done with it.

import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import { Avatar, html, Icon } from "/static/app/html.js";
import { follow, like, save, share } from "/static/video/cards.js";
import { once } from "/static/video/naming.js";
import { attach, detach, play } from "/static/video/player.js";
import { Watching } from "/static/video/watching.js";
import { ago, exact, minutes, t, tally } from "/static/words.js";

const DOUBLE_TAP_MS = 280;
// Below this share of a second a card that is passed by was not shown.
const SHOWN_MS = 120;
// By then the film that came instead has shown its first frame.
const REWIND_MS = 400;

export function Card({ card, present, muted, open, leave, ahead = true }) {
  const video = useRef(null);
  const state = useSignal("waiting");
  const through = useSignal(0);
  const bursts = useSignal([]);
  const paused = useSignal(false);

  useLayoutEffect(() => {
    const element = video.current;
    if (!card.mp4 && !card.hls) state.value = "unmade";
    else if (present || ahead) attach(element, card).catch(() => (state.value = "broken"));
    return () => detach(element);
  }, [card, present || ahead]);
  // Before the browser draws, so that the film's first frame is in the same picture as its card.
  useLayoutEffect(() => (present ? showing(video.current, card, { muted, paused, state }) : standStill(video.current)), [present, card]);
  useEffect(() => {
    if (video.current) video.current.muted = muted.value;
  }, [muted.value]);

  const tap = useTaps({
    once: () => toggle(video.current, paused),
    twice: (event) => {
      like(card, true);
      bursts.value = [...bursts.value.slice(-4), { id: event.timeStamp, x: event.offsetX, y: event.offsetY }];
    },
  });
  return html`<article class="card" aria-label=${t("reel.card", { title: card.title, name: card.maker.name })}>
    <div class="picture" onClick=${tap} data-paused=${paused.value} data-tall=${String(card.height > card.width * 1.6)}>
      <img class="poster" src=${card.poster} alt="" decoding="async" />
      <video
        ref=${video}
        class=${state.value}
        playsinline
        loop
        preload="auto"
        poster=${card.poster}
        muted
        tabindex="-1"
        aria-label=${card.title}
        onPlaying=${() => (state.value = "playing")}
        onWaiting=${() => present && (state.value = "stalled")}
        onError=${() => (state.value = "broken")}
        onTimeUpdate=${(event) => (through.value = event.target.currentTime / (event.target.duration || 1))}
      >
        ${card.captions && html`<track kind="captions" src=${card.captions} srclang=${card.language || "en"} default />`}
      </video>
      ${bursts.value.map((burst) => html`<${Burst} key=${burst.id} at=${burst} />`)}
      ${paused.value && html`<span class="pause-mark"><${Icon} name="play" filled=${true} /></span>`}
      ${present && state.value === "stalled" && html`<span class="spinner over"></span>`}
      ${state.value === "unmade" && html`<p class="broken"><${Icon} name="hourglass" />${t("reel.unmade")}</p>`}
      ${state.value === "broken" && html`<p class="broken"><${Icon} name="triangle-alert" />${t("reel.cannot-play")}</p>`}
    </div>
    <${Sound} muted=${muted} />
    <${Says} card=${card} open=${open} />
    <${Actions} card=${card} open=${open} />
    <${Through} video=${video} through=${through} card=${card} />
  </article>`;
}

function Sound({ muted }) {
  const label = t(muted.value ? "reel.sound.on" : "reel.sound.off");
  return html`<button type="button" class="sound" aria-label=${label} title=${label} onClick=${() => (muted.value = !muted.value)}>
    <${Icon} name=${muted.value ? "volume-x" : "volume-2"} />
    ${muted.value && html`<span>${t("reel.sound.tap")}</span>`}
  </button>`;
}

function Says({ card, open }) {
  const wide = useSignal(false);
  const long = card.caption.length > 90;
  return html`<div class="says">
    <p class="maker">
      <a href=${`/u/${card.maker.handle}`}>@${card.maker.handle}</a>
      <${Since} instantMs=${card.created_ms} />
      ${card.commercial && html`<span class="mark-ad">${t("reel.ad")}</span>`}
    </p>
    <h2>${card.title}</h2>
    ${card.caption &&
    html`<p class=${wide.value || !long ? "caption" : "caption cut"} dir="auto">
      ${card.caption}
      ${long && html`<button type="button" class="bare-words" onClick=${() => (wide.value = !wide.value)}>
        ${t(wide.value ? "reel.caption.less" : "reel.caption.more")}
      </button>`}
    </p>`}
    <p class="chips">
      ${once(card.topics).map((topic) => html`<a key=${topic.id} class="chip" href=${`/t/${encodeURIComponent(topic.id)}`}>#${topic.title}</a>`)}
      ${card.music && html`<a class="chip" href=${`/v/${card.music.video}`}><${Icon} name="music" /><bdi>${card.music.title}</bdi></a>`}
      ${card.place_name && html`<span class="chip"><${Icon} name="map-pin" />${card.place_name}</span>`}
    </p>
    ${card.link && html`<a class="link-card" href=${card.link.url}><${Icon} name=${card.link.kind === "room" ? "radio" : "shopping-bag"} />${card.link.title}</a>`}
    ${card.why &&
    html`<button type="button" class="why" onClick=${() => open("why", card)}>
      <${Icon} name="sparkles" /><span>${card.why.sentence}</span>
    </button>`}
  </div>`;
}

/** How long ago. Words of time take long the first time, so they follow the picture; the whole date when it is looked for. */
function Since({ instantMs }) {
  const said = useSignal("");
  useEffect(() => {
    said.value = ago(instantMs);
  }, [instantMs]);
  const whole = (event) => (event.currentTarget.title = exact(instantMs));
  return html`<time class="quiet" datetime=${new Date(instantMs).toISOString()} onPointerEnter=${whole}>${said}</time>`;
}

function Actions({ card, open }) {
  const counts = card.counts.value;
  const followLabel = t(card.followed.value ? "reel.unfollow" : "reel.follow", { name: card.maker.name });
  return html`<div class="actions">
    <div class="maker-mark">
      <a href=${`/u/${card.maker.handle}`} aria-label=${t("reel.profile", { name: card.maker.name })}><${Avatar} person=${card.maker} size="l" /></a>
      ${!card.maker.mine &&
      html`<button type="button" class=${card.followed.value ? "follow done" : "follow"} aria-label=${followLabel} title=${followLabel}
        aria-pressed=${String(card.followed.value)} onClick=${() => follow(card)}>
        <${Icon} name=${card.followed.value ? "check" : "plus"} />
      </button>`}
    </div>
    <${Action} name="heart" label=${t("reel.like")} on=${card.liked.value} count=${counts.likes} onClick=${() => like(card)} />
    <${Action} name="message-circle" label=${t("reel.comments")} count=${counts.comments} onClick=${() => open("comments", card)} />
    <${Action} name="bookmark" label=${t("reel.save")} on=${card.saved.value} count=${counts.saves} onClick=${() => save(card)} />
    <${Action} name="share" label=${t("reel.share")} count=${counts.shares} onClick=${() => share(card)} />
    <${Action} name="ellipsis" label=${t("reel.more")} onClick=${() => open("more", card)} />
  </div>`;
}

function Action({ name, label, on, count, onClick }) {
  return html`<button type="button" class=${`action ${name}${on ? " on" : ""}`} aria-label=${label} title=${label}
    aria-pressed=${on === undefined ? undefined : String(on)} onClick=${onClick}>
    <${Icon} name=${name} filled=${on} />
    ${count !== undefined && html`<span class="figures">${tally(count)}</span>`}
  </button>`;
}

/** How far the video is; a slider for fingers, mouse and keys. */
function Through({ video, through, card }) {
  const seek = (event) => {
    const element = video.current;
    element.currentTime = (Number(event.target.value) / 1000) * (element.duration || 0);
  };
  const now = through.value * card.duration_s;
  return html`<input
    class="through"
    type="range"
    min="0"
    max="1000"
    value=${Math.round(through.value * 1000)}
    aria-label=${t("reel.progress")}
    aria-valuetext=${t("reel.progress.of", { now: minutes(now), whole: minutes(card.duration_s) })}
    onInput=${seek}
  />`;
}

function Burst({ at }) {
  const heart = useRef(null);
  useEffect(() => {
    heart.current.style.setProperty("inset-inline-start", `${at.x}px`);
    heart.current.style.setProperty("inset-block-start", `${at.y}px`);
  }, []);
  return html`<span class="burst" ref=${heart}><${Icon} name="heart" filled=${true} /></span>`;
}

/** Play the card and measure; the exposure is told once it has stood for a moment. */
function showing(element, card, { muted, paused, state }) {
  let watching;
  const hidden = () => {
    if (document.hidden) {
      watching?.pauses();
      element.pause();
    } else if (!paused.value) {
      play(element, muted.value);
    }
  };
  const moves = () => watching?.moves(!element.paused && !document.hidden && element.readyState > 2);
  const timer = setTimeout(() => {
    watching = new Watching(card);
    moves();
  }, SHOWN_MS);
  const names = ["playing", "pause", "waiting", "ended", "timeupdate"];
  for (const name of names) element.addEventListener(name, moves);
  document.addEventListener("visibilitychange", hidden);
  paused.value = false;
  if (state.value !== "unmade") play(element, muted.value).then((plays) => {
    if (!plays && element.dataset.of === card.id && state.value !== "broken") paused.value = element.paused;
    if (plays && element.muted && !muted.value) muted.value = true;
  });
  return () => {
    clearTimeout(timer);
    for (const name of names) element.removeEventListener(name, moves);
    document.removeEventListener("visibilitychange", hidden);
    watching?.ends();
    rewind(element);
  };
}

function standStill(element) {
  element.pause();
}

/**
 * Stop at once, and go back to the beginning while nobody looks: coming back then shows the first frame without a search
 * for it. The search waits, since the film that comes needs the processor for its first frame.
 */
function rewind(element) {
  element.pause();
  setTimeout(() => {
    if (element.paused && element.currentTime > 0) element.currentTime = 0;
  }, REWIND_MS);
}

function toggle(element, paused) {
  paused.value = !element.paused;
  if (element.paused) element.play().catch(() => {});
  else element.pause();
}

/** One tap, or two within a moment. */
function useTaps({ once, twice }) {
  const last = useRef({ ms: 0, timer: 0 });
  return (event) => {
    const { ms, timer } = last.current;
    clearTimeout(timer);
    if (event.timeStamp - ms < DOUBLE_TAP_MS) {
      twice(event);
      last.current = { ms: event.timeStamp, timer: 0 };
    } else {
      last.current = { ms: event.timeStamp, timer: setTimeout(once, DOUBLE_TAP_MS) };
    }
  };
}
