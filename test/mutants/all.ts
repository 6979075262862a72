import { ATTACHMENTS } from './attachments';
import { COPYING } from './copying';
import { DELIVERY } from './delivery';
import type { Mutant } from './mutant';
import { PLANNING } from './planning';

export const MUTANTS: readonly Mutant[] = [...PLANNING, ...DELIVERY, ...COPYING, ...ATTACHMENTS];
