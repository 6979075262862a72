import { UncopyableError } from '../copying/errors';
import { onSide } from '../kinds/image/sides';
import { judge } from '../delivery/verdict';
import type { Bucket } from '../kinds/object/bucket';
import type { Repository } from '../oci/repository';
import type { RepositoryName } from '../oci/reference';
import type { Target } from '../rules/rules';
import type { TemplatePackage } from '../kinds/template/package';
import type { Finding, Found, Trouble } from './finding';
import { createImageInspection, type ImageInspectionDeps } from './image-inspection';
import type { Inspection } from './inspection';
import { createObjectInspection, type ObjectInspectionDeps } from './object-inspection';
import { createOutages, troubleOfOutage, type Outages } from './outages';
import { atPace, type Pace } from './pace';
import type { SourceRelease } from './release';
import { createTemplateInspection, type TemplateInspectionDeps } from './template-inspection';
import type { Wanted, WantedObject, WantedTag } from './wanted';

export interface ComparisonDeps
  extends
    ImageInspectionDeps,
    Omit<TemplateInspectionDeps, 'openTargetTemplate'>,
    Omit<ObjectInspectionDeps, 'openTargetBucket'> {
  readonly pace: Pace;
  /** `check` is asked before each request, and what it throws is thrown. */
  readonly openTargetTemplate: (
    target: Target,
    name: RepositoryName,
    check: () => void,
  ) => TemplatePackage;
  readonly openTargetBucket: (target: Target, bucket: string, check: () => void) => Bucket;
}

/** Asks targets for what they should hold. One for a run: it remembers what it read of a source, and which target is down. */
export interface Comparison {
  /**
   * One finding for each that is still at the source, in the same order. `releases` is all that the list had: it tells what
   * is attached. What fails is in the findings, and only an ended run throws.
   */
  compare(
    wanted: readonly Wanted[],
    releases: readonly SourceRelease[],
    onFinding?: () => void,
  ): Promise<Finding[]>;
}

interface Inspections {
  readonly image: Inspection<WantedTag>;
  readonly template: Inspection<WantedTag>;
  readonly object: Inspection<WantedObject>;
}

export function createComparison(deps: ComparisonDeps): Comparison {
  const outages = createOutages();
  const inspections = createInspections(deps, outages);
  return {
    async compare(wanted, releases, onFinding = () => undefined) {
      inspections.image.learn?.(releases);
      const findings = await Promise.all(
        wanted.map(async (one) => {
          const found = await inspect(inspections, one, outages);
          onFinding();
          return found && { ...one, ...found };
        }),
      );
      return findings.filter((finding) => finding !== undefined);
    },
  };
}

/** The row of each kind. */
function createInspections(deps: ComparisonDeps, outages: Outages): Inspections {
  const { pace } = deps;
  const checkOf = (target: Target) => () => outages.check(target.name);
  return {
    image: createImageInspection({
      ...deps,
      openSource: (name: RepositoryName): Repository =>
        atPace(onSide(deps.openSource(name), 'source'), pace),
      openTarget: (target, name): Repository =>
        atPace(onSide(deps.openTarget(target, name), 'target'), pace, checkOf(target)),
    }),
    template: createTemplateInspection({
      ...deps,
      openTargetTemplate: (target, name) => deps.openTargetTemplate(target, name, checkOf(target)),
    }),
    object: createObjectInspection({
      ...deps,
      openTargetBucket: (target, bucket) => deps.openTargetBucket(target, bucket, checkOf(target)),
    }),
  };
}

function inspect(
  inspections: Inspections,
  wanted: Wanted,
  outages: Outages,
): Promise<Found | undefined> {
  return wanted.kind === 'object'
    ? inspectWith(inspections.object, wanted, outages)
    : inspectWith(inspections[wanted.kind], wanted, outages);
}

async function inspectWith<One extends Wanted>(
  inspection: Inspection<One>,
  wanted: One,
  outages: Outages,
): Promise<Found | undefined> {
  const { name } = wanted.target;
  let digest: string | undefined;
  try {
    digest = await inspection.resolve(wanted);
  } catch (error) {
    const state = error instanceof UncopyableError ? 'missing' : 'unreachable';
    return { state, trouble: troubleOf(error) };
  }
  if (digest === undefined) return undefined;
  try {
    return await inspection.inspect(wanted, digest, () => outages.answered(name));
  } catch (error) {
    const known = troubleOfOutage(error);
    if (known) return { digest, state: 'unreachable', trouble: known };
    const trouble = troubleOf(error);
    outages.failed(name, trouble);
    return { digest, state: 'unreachable', trouble };
  }
}

/** A comparison has no history: what the failure table says of a first failure. */
const NEW = { seconds: 0, graceSeconds: 0, continued: 0, stalled: 0 };

function troubleOf(error: unknown): Trouble {
  const { reason, error: said, remedy } = judge(error, NEW);
  return { reason, error: said, remedy };
}
