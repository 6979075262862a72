import type { Log } from '../shared/delivery/outbox';
import type { Publish } from '../shared/jobs/publisher';
import type { System } from '../shared/system/system';

/** The parts of every function, besides its configuration. In the cloud the process provides them (`index.ts`). */
export interface Parts extends System {
  readonly publish: Publish;
  /** A logger for one event, with its trace. */
  readonly logFor: (event: unknown) => Log;
}
