// Who is looking: as the page said it, and as the platform says it when that may have changed.

import { computed, signal } from "@preact/signals";

import { ask, taken } from "/static/app/asking.js";

export const me = signal({ signed_in: false, handle: "", name: "", avatar: "", roles: [], unread: 0, lines: {}, ...taken("/app/me") });
export const unread = computed(() => me.value.unread || 0);

/** Ask the platform who this is. */
export async function meet() {
  me.value = { ...me.value, ...(await ask("GET", "/app/me")) };
  return me.value;
}

/** Say that something about the person has changed. */
export function change(part) {
  me.value = { ...me.value, ...part };
}
