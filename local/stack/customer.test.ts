import { references } from '../../shared/kinds/references';
import { SAMPLE_CUSTOMERS } from './customer';

const wanted = SAMPLE_CUSTOMERS.flatMap(({ wants = [] }): readonly string[] => wants);

it.each(references.kinds.filter((kind) => kind !== references.defaultKind))(
  'has %ss for a customer',
  (kind) => expect(wanted).toContain(kind),
);
