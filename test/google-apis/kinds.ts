// What each kind of resource adds to the methods that all have.
import type { JsonObject, Method } from './discovery';
import { accounts } from './kinds/accounts';
import { bigquery } from './kinds/bigquery';
import { functions } from './kinds/functions';
import { monitoring } from './kinds/monitoring';
import { perimeters } from './kinds/perimeters';
import { pubsub } from './kinds/pubsub';
import { registry } from './kinds/registry';
import { storage } from './kinds/storage';
import type { World } from './world';

export interface Call {
  readonly method: Method;
  /** Full name of what the path names. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: JsonObject;
  /** What came with a media upload. */
  readonly media?: Buffer;
  /** The number of this call: what differs each time follows from it. */
  readonly serial: number;
}
export interface Kind {
  /** The last part of a new one's name; default: the parameter that ends with Id, else `name` in the body. */
  readonly newId?: (resource: JsonObject, call: Call) => string;
  /** What Google writes itself, over what is given. */
  readonly fill?: (resource: JsonObject, name: string, call: Call) => JsonObject;
  /** Of what may be written again under its name: what is known of the one before. Others exist already. */
  readonly replace?: (former: JsonObject) => JsonObject;
  /** @throws {ApiError} when the world lacks what this one builds upon */
  readonly check?: (resource: JsonObject, world: World, name: string) => void;
  readonly created?: (resource: JsonObject, world: World, name: string) => void;
  readonly deleted?: (resource: JsonObject, world: World, name: string) => void;
}

/** By the method's id without its last word. */
export const KINDS: Readonly<Record<string, Kind>> = {
  ...accounts,
  ...bigquery,
  ...functions,
  ...monitoring,
  ...perimeters,
  ...pubsub,
  ...registry,
  ...storage,
};
