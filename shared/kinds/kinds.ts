import type { CheckKinds } from '../doctor/kind';
import type { InventoryKinds } from '../inventory/inspection';
import type { KindName } from '../rules/artifact';
import { keysOf, recordOf } from '../records';
import { image } from './image/kind';
import type { Kind } from './kind';
import { object } from './object/kind';
import { template } from './template/kind';

/** Every kind of artifact. The first takes whatever no other recognizes, and is the one that a job without a kind is about. */
export const KINDS: { readonly [K in KindName]: Kind<K> } = { image, template, object };

export const KIND_NAMES = keysOf(KINDS);

/** The kind of an artifact, a rule or a copy. */
export function kindOf({ kind }: { readonly kind: KindName }): Kind {
  return KINDS[kind];
}

export function loadInventoryKinds(): Promise<InventoryKinds> {
  return forEachKind((kind) => kind.loadInventory());
}

export function loadCheckKinds(): Promise<CheckKinds> {
  return forEachKind((kind) => kind.loadChecks());
}

async function forEachKind<T>(load: (kind: Kind) => Promise<T>): Promise<Record<KindName, T>> {
  const loaded = KIND_NAMES.map(async (name) => [name, await load(KINDS[name])] as const);
  return recordOf(await Promise.all(loaded));
}
