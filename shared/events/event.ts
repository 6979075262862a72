import { formatObjectReference } from '../kinds/object/reference';
import { isTemporaryObject } from '../kinds/object/temporary';
import { decodeObject, type PubSubMessage } from './envelope';
import { isObjectChange, parseObjectChange, type ObjectChange } from './object-change';
import { describePush, parseRegistryPush, type RegistryPush } from './registry-push';
import { isLogEntry, parseTemplateUpload, type TemplateUpload } from './template-upload';

/** Something was pushed, uploaded or written, or has gone: one kind of event for each kind of artifact. */
export type ArtifactEvent =
  | { readonly kind: 'image'; readonly push: RegistryPush }
  | { readonly kind: 'template'; readonly push: TemplateUpload }
  | { readonly kind: 'object'; readonly push: ObjectChange };

/**
 * Reads what a registry, an audit log or a bucket has told. What is neither of the last two is taken for a notice of a
 * registry.
 *
 * @throws {InvalidMessageError}
 */
export function parseEvent(message: PubSubMessage): ArtifactEvent {
  if (isObjectChange(message)) return { kind: 'object', push: parseObjectChange(message) };
  const body = decodeObject(message);
  if (isLogEntry(body)) return { kind: 'template', push: parseTemplateUpload(body) };
  return { kind: 'image', push: parseRegistryPush(body) };
}

/** True for what tells of an artifact, and not a job. */
export function isEvent(message: PubSubMessage): boolean {
  if (isObjectChange(message)) return true;
  const body = decodeObject(message);
  return 'action' in body || isLogEntry(body);
}

/** What the event is about, as people write it. */
export function describeEvent({ kind, push }: ArtifactEvent): string {
  switch (kind) {
    case 'image':
      return describePush(push);
    case 'object':
      return formatObjectReference(push);
    case 'template':
      return describeUpload(push);
  }
}

function describeUpload(upload: TemplateUpload): string {
  const { location, project, repository, package: name, version, tag } = upload;
  return [
    `${location}-kfp.pkg.dev/${project}/${repository}`,
    name === undefined ? '' : `/${name}`,
    tag === undefined ? '' : `:${tag}`,
    version === undefined ? '' : `@${version}`,
  ].join('');
}

/**
 * A template was uploaded, by its own protocol or by the API, or somebody set a tag
 * (https://cloud.google.com/artifact-registry/docs/audit-logging).
 */
const TEMPLATE_METHODS = /^Kfp-UploadPackage$|\.(?:UploadKfpArtifact|CreateTag|UpdateTag)$/;

/** Why an event needs no copy, whatever the rules are; undefined for one that the rules decide about. */
export function whyIgnored(event: ArtifactEvent): string | undefined {
  const about = describeEvent(event);
  const other = (what: string): string =>
    `${about}: a notice of ${JSON.stringify(what)} needs no copy`;
  const deleted = `${about} was deleted at the source: targets keep what they have`;
  switch (event.kind) {
    case 'image': {
      const { action } = event.push;
      return action === 'DELETE' ? deleted : action === 'INSERT' ? undefined : other(action);
    }
    case 'object': {
      const { type, name } = event.push;
      if (isTemporaryObject(name)) return `${about} is a part of an upload that is under way`;
      if (type === 'OBJECT_DELETE') return deleted;
      return type === 'OBJECT_FINALIZE' ? undefined : other(type);
    }
    case 'template': {
      const { method, succeeded } = event.push;
      if (!TEMPLATE_METHODS.test(method)) return other(method);
      return succeeded
        ? undefined
        : `${about}: the upload was refused, so there is nothing to copy`;
    }
  }
}
