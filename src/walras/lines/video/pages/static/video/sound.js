// Whether videos play with sound: one choice for the whole app, silent until a person has touched it.

import { signal } from "@preact/signals";

export const muted = signal(true);
