import type { Image } from '../../local/images/content';
import type { Descriptor } from '../../shared/oci/descriptor';
import { STAGE, STAGE_TYPE } from '../../shared/statements/requirement';
import { carry, type Deviation } from './halts';
import type { Party } from './parties';

/** What `promote` attaches to an image once its stage has passed: about the rule `everyone` and the tag v1 of `source`. */
export function stage(subject: Descriptor, source: string, by: Party, how: Deviation = {}): Image {
  const predicate = {
    state: 'passed',
    rule: 'everyone',
    source,
    tag: 'v1',
    targets: ['canary'],
    time: '2026-11-01T00:00:00Z',
    ...how.predicate,
  };
  return carry(subject, by, { artifactType: STAGE_TYPE, predicateType: STAGE, ...how, predicate });
}
