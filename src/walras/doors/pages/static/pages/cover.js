// A cover for an item that has no picture: drawn from its id and first topic, so that one item always looks the same and
// items of one topic share a hue.

const NAMESPACE = "http://www.w3.org/2000/svg";
const SIZE = 240;
const COMPOSITIONS = [sun, arches, steps, waves, crossing, rings, tiles];

/** Draw into `frame`. */
export function drawCover(frame, id, topic) {
  const chance = drawer(hash(id) || 1);
  draw(frame, COMPOSITIONS[Math.floor(chance() * COMPOSITIONS.length)], chance, hueOf(topic || id));
}

function draw(frame, composition, chance, hue) {
  frame.style.setProperty("--hue", hue);
  const svg = shape("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, preserveAspectRatio: "xMidYMid slice" });
  svg.append(shape("rect", { class: "ground", width: SIZE, height: SIZE }));
  svg.append(...composition(chance));
  frame.replaceChildren(svg);
}

/** Fill a frame with covers that stand for no item, one of each composition and hue. */
export function drawMosaic(frame) {
  const covers = Array.from({ length: 9 }, (_, n) => {
    const cover = document.createElement("div");
    cover.className = "cover";
    draw(cover, COMPOSITIONS[n % COMPOSITIONS.length], drawer(hash(`walras ${n}`)), (n * 140 + 28) % 360);
    return cover;
  });
  frame.replaceChildren(...covers);
}

/** The hue of a topic: one of eighteen, far enough apart to be told from each other. */
export function hueOf(topic) {
  return (hash(topic) % 18) * 20 + 8;
}

function sun(chance) {
  const x = 70 + chance() * 100;
  const horizon = 120 + chance() * 60;
  return [
    circle("shape", x, horizon - 20 - chance() * 30, 36 + chance() * 26),
    shape("rect", { class: "deep", x: 0, y: horizon, width: SIZE, height: SIZE }),
    ...[0, 1, 2].map((n) => line("pale", x - 60 + n * 18, horizon + 18 + n * 20, x + 60 - n * 18, horizon + 18 + n * 20, 3)),
  ];
}

function arches(chance) {
  const turn = Math.floor(chance() * 4) * 90;
  const radii = [118, 88, 58, 28];
  const parts = radii.map((radius, n) => circle(["shape", "pale", "deep", "ground"][n], 120, 186, radius));
  const group = shape("g", { transform: `rotate(${turn} 120 120)` });
  group.append(...parts, shape("rect", { class: "pale", x: 0, y: 186, width: SIZE, height: 54 }));
  return [group];
}

function steps(chance) {
  const count = 4 + Math.floor(chance() * 3);
  const width = SIZE / count;
  return Array.from({ length: count }, (_, n) => {
    const height = 40 + chance() * 150;
    return shape("rect", {
      class: ["shape", "deep", "pale"][Math.floor(chance() * 3)],
      x: n * width,
      y: SIZE - height,
      width: width + 0.5,
      height,
    });
  });
}

function waves(chance) {
  const lift = 20 + chance() * 40;
  return ["pale", "shape", "deep"].map((name, n) => {
    const y = 80 + n * 52 + chance() * 16;
    const bend = n % 2 ? lift : -lift;
    return shape("path", {
      class: name,
      d: `M0 ${y} C80 ${y + bend} 160 ${y - bend} ${SIZE} ${y} V${SIZE} H0 Z`,
    });
  });
}

function crossing(chance) {
  const x = 90 + chance() * 60;
  const y = 90 + chance() * 60;
  return [
    circle("pale", x, y, 96),
    shape("path", { class: "stroke shape", d: `M0 ${30 + chance() * 40} Q${x} ${y - 20} ${SIZE} ${190 + chance() * 40}` }),
    shape("path", { class: "stroke deep", d: `M0 ${190 + chance() * 40} Q${x} ${y + 20} ${SIZE} ${20 + chance() * 40}` }),
    circle("deep", x, y, 13 + chance() * 6),
  ];
}

function rings(chance) {
  const x = 60 + chance() * 120;
  const y = 60 + chance() * 120;
  return [104, 80, 56, 32, 12].map((radius, n) => circle(["pale", "shape", "pale", "shape", "deep"][n], x, y, radius));
}

function tiles(chance) {
  return Array.from({ length: 9 }, (_, n) => {
    const x = (n % 3) * 80;
    const y = Math.floor(n / 3) * 80;
    const name = ["shape", "pale", "deep", "ground"][Math.floor(chance() * 4)];
    const corner = Math.floor(chance() * 4);
    return shape("path", { class: name, d: quarter(x, y, corner) });
  });
}

function quarter(x, y, corner) {
  return [
    `M${x} ${y} H${x + 80} A80 80 0 0 1 ${x} ${y + 80} Z`,
    `M${x + 80} ${y} V${y + 80} A80 80 0 0 1 ${x} ${y} Z`,
    `M${x + 80} ${y + 80} H${x} A80 80 0 0 1 ${x + 80} ${y} Z`,
    `M${x} ${y + 80} V${y} A80 80 0 0 1 ${x + 80} ${y + 80} Z`,
  ][corner];
}

function circle(name, cx, cy, r) {
  return shape("circle", { class: name, cx, cy, r });
}

function line(name, x1, y1, x2, y2, width) {
  return shape("line", { class: `stroke ${name}`, x1, y1, x2, y2, "stroke-width": width });
}

function shape(name, attributes) {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** 32 bits of a text (FNV-1a). */
export function hash(text) {
  let bits = 0x811c9dc5;
  for (const letter of text) bits = Math.imul(bits ^ letter.codePointAt(0), 0x01000193);
  // Ids that differ in their last letter only must not look alike, so the bits are stirred once more.
  bits = Math.imul(bits ^ (bits >>> 16), 0x45d9f3b);
  return (bits ^ (bits >>> 15)) >>> 0;
}

/** Numbers in [0, 1) that follow from a seed (xorshift). */
function drawer(seed) {
  let bits = seed;
  return () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return (bits >>> 0) / 2 ** 32;
  };
}
