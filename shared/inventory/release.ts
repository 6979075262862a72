import type { Kind } from '../rules/artifact';

/** What a source of each kind holds that may be released: a kind's folder adds its line (`listing.ts`). */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the kinds fill it
export interface Released {}

/** What a source holds that may be released. It names itself, as an artifact does. */
export type SourceRelease<K extends Kind = Kind> = Released[K];
