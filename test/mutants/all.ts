import { ATTACHMENTS } from './attachments';
import { COPYING } from './copying';
import { DELIVERY } from './delivery';
import { GATE } from './gate';
import type { Mutant } from './mutant';
import { RELEASE_EVENTS } from './release-events';
import { OBJECTS } from './objects';
import { PLANNING } from './planning';
import { TEMPLATES } from './templates';
import { TRANSPORT } from './transport';

export const MUTANTS: readonly Mutant[] = [
  ...PLANNING,
  ...DELIVERY,
  ...RELEASE_EVENTS,
  ...COPYING,
  ...GATE,
  ...ATTACHMENTS,
  ...TEMPLATES,
  ...OBJECTS,
  ...TRANSPORT,
];
