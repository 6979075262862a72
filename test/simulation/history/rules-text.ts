import type { Customer } from './customer';
import { VENDOR_BUCKET, VENDOR_REPOSITORY, VENDOR_TEMPLATES } from './customer';
import { SIGNED } from './signing';
import { EXCLUDED, type ImageRule, type OtherKind, type OtherRule } from './rules';

/** What rules.yaml calls the file with the vendor's public key. */
const KEY_FILE = 'vendor.pub';

/** rules.yaml, as the product reads it. */
export function rulesText(
  customers: readonly Customer[],
  rules: readonly ImageRule[],
  others: readonly OtherRule[],
): string {
  const targets = customers.map(({ name, repository, templates, bucket, role, account }) => {
    const pause = role === 'paused' ? ', paused: true' : '';
    const places = `repository: ${repository}, templates: ${templates}, bucket: ${bucket}`;
    const identity = account === undefined ? '' : `, impersonate: ${account}`;
    return `  ${name}: { ${places}${identity}${pause} }`;
  });
  const written = [...rules.map(imageText), ...others.map(otherText)].map(
    (text) => `  - { ${text} }`,
  );
  const halts = rules.some(({ mayHalt }) => mayHalt) ? '\nhalts: { by: [vendor] }' : '';
  const signers = `signers: { vendor: { key: ${KEY_FILE} } }${halts}`;
  return `targets:\n${targets.join('\n')}\n${signers}\nrules:\n${written.join('\n')}\n`;
}

function imageText(rule: ImageRule): string {
  const { name, hub, images, tags, semver, immutable, attachments, platforms, isSigned, targets } =
    rule;
  return [
    `name: ${name}, source: ${hub?.repository ?? VENDOR_REPOSITORY}, images: [${images.join(', ')}]`,
    semver === undefined ? tagsText(tags) : `tags: { semver: '${semver}' }`,
    ...(immutable === true ? ['immutable: true'] : []),
    ...(isSigned === true ? [SIGNED] : []),
    ...(attachments === false ? ['attachments: false'] : []),
    ...(platforms && !hub
      ? [`platforms: [${platforms.map((one) => `linux/${one}`).join(', ')}]`]
      : []),
    targetsText(targets),
  ].join(', ');
}

function otherText(rule: OtherRule): string {
  const { kind, name, targets, rewritesImages } = rule;
  const rewrites = rewritesImages === true ? ['rewriteImages: true'] : [];
  return [`name: ${name}`, WHAT_OF[kind](rule), ...rewrites, targetsText(targets)].join(', ');
}

/** What a rule of each kind releases. */
const WHAT_OF: Readonly<Record<OtherKind, (rule: OtherRule) => string>> = {
  template: ({ hub, names, tags }) =>
    `source: ${hub?.templates ?? VENDOR_TEMPLATES}, templates: [${names.join(', ')}], ${tagsText(tags)}`,
  object: ({ hub, names }) =>
    `source: ${hub?.bucket ?? `gs://${VENDOR_BUCKET}`}, objects: [${names.map((one) => `'${one}/**'`).join(', ')}]`,
};

function tagsText(tags: readonly string[]): string {
  const included = tags.map((tag) => `'${tag}'`).join(', ');
  return `tags: { include: [${included}], exclude: ['*${EXCLUDED}*'] }`;
}

function targetsText(targets: readonly Customer[]): string {
  return `targets: [${targets.map(({ name }) => name).join(', ')}]`;
}
