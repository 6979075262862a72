import type { ObjectDescription, StoredObject } from './stored-object';

/**
 * One bucket of Cloud Storage, as its JSON API has it, seen by one identity. Every answer that a method does not promise is
 * thrown as a RegistryError, a missing one as a NetworkError.
 */
export interface Bucket {
  readonly bucket: string;
  /** The service account that is acted as; absent: the process's own. */
  readonly identity?: string;
  /** objects.get. `undefined`: there is no live object of this name, or no such bucket. */
  getObject(name: string): Promise<StoredObject | undefined>;
  /** objects.list with one result: fails where {@link getObject} is silent, when the bucket itself is not there. */
  checkBucket(): Promise<void>;
  /** objects.list: one page of up to 1,000 objects whose names begin with `prefix`, in the order of their names. */
  listPage(prefix: string, page?: string): Promise<ObjectPage>;
  /** objects.list from a name on, of any prefix: one page. */
  listFrom(name: string): Promise<ObjectPage>;
  /** buckets.testIamPermissions: which of these the caller has not got. Anybody may ask. */
  missingPermissions(permissions: readonly string[]): Promise<readonly string[]>;
  /** notifications.list: whom the bucket tells of what happens in it. */
  listNotifications(): Promise<readonly NotificationConfig[]>;
  /** objects.rewrite: one call. This bucket is the one that is written to. */
  rewrite(call: RewriteCall): Promise<RewriteAnswer>;
}

export interface ObjectPage {
  readonly objects: readonly StoredObject[];
  /** Absent on the last page. */
  readonly next?: string;
}

export interface NotificationConfig {
  /** `//pubsub.googleapis.com/projects/P/topics/T` */
  readonly topic: string;
  /** Absent: all. */
  readonly eventTypes?: readonly string[];
  /** Of which objects; absent: of all. */
  readonly prefix?: string;
}

export interface RewriteCall {
  /** Refused (412) unless this generation is the live one, and its metadata is of this metageneration. */
  readonly source: {
    readonly bucket: string;
    readonly name: string;
    readonly generation: string;
    readonly metageneration?: string;
  };
  readonly name: string;
  /** Refused (412) unless this generation is held; `0`: unless there is no such object. */
  readonly ifGenerationMatch: string;
  readonly description: ObjectDescription;
  /** From the call before. */
  readonly token?: string;
}

export type RewriteAnswer =
  | { readonly done: true; readonly object: StoredObject }
  | { readonly done: false; readonly token: string; readonly rewritten: number };
