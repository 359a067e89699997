// What the platform tells this browser as it happens. One connection for the app, made when somebody listens, and again
// by itself after a restart.

const hearers = new Map();
let source;

/** Hear of one kind of event until the given function is called. */
export function listen(kind, hear) {
  if (!hearers.has(kind)) hearers.set(kind, new Set());
  hearers.get(kind).add(hear);
  open();
  subscribe(kind);
  return () => hearers.get(kind).delete(hear);
}

function open() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource("/app/live");
  source.known = new Set();
  for (const kind of hearers.keys()) subscribe(kind);
  source.onerror = () => source.readyState === EventSource.CLOSED && setTimeout(open, 5000);
}

function subscribe(kind) {
  if (source.known.has(kind)) return;
  source.known.add(kind);
  source.addEventListener(kind, (event) => {
    const said = JSON.parse(event.data);
    for (const hear of hearers.get(kind) ?? []) hear(said);
  });
}
