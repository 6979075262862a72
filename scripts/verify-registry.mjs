#!/usr/bin/env node
// Asks a registry what the relay takes for granted, writes a report, and ends with 1 at the first answer that differs from
// scripts/registry-expectations.json, which is what the embedded registry does (test/contract/verify-registry.test.ts).
//   npm run registry -- --port 5000
//   REGISTRY=http://127.0.0.1:5000 node scripts/verify-registry.mjs [--all] [--only 1,5a] [--report FILE]
// scripts/verify-on-google.sh calls it for Google. Needs Node 20 or newer, and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openRepository } from './verify-registry/client.mjs';
import { QUESTIONS } from './verify-registry/questions.mjs';
import { SLOW_QUESTIONS } from './verify-registry/slow-questions.mjs';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    only: { type: 'string' },
    report: { type: 'string', default: 'registry-report.md' },
  },
});
const { env } = process;
if (!env.REGISTRY) {
  process.stderr.write(
    'REGISTRY is not set. Set it to the origin of a registry: http://127.0.0.1:5000\n',
  );
  process.exit(2);
}
const expectations = JSON.parse(
  readFileSync(new URL('registry-expectations.json', import.meta.url), 'utf8'),
);

const given = (value) => (value ? value : undefined);
const json = (text) => (text ? JSON.parse(text) : undefined);
const open = (origin, path) => openRepository(origin ?? env.REGISTRY, path, given(env.TOKEN));
const context = {
  source: open(undefined, env.SOURCE ?? 'verify/source/image'),
  other: open(undefined, env.OTHER ?? 'verify/other/image'),
  distant: open(given(env.DISTANT_REGISTRY), env.DISTANT ?? 'verify/distant/image'),
  immutable: open(given(env.IMMUTABLE_REGISTRY), env.IMMUTABLE ?? 'verify/immutable/image'),
  denied: given(env.DENIED),
  burst: Number(env.BURST ?? 0),
  largeBytes: Number(env.LARGE_BYTES ?? 0),
  short: env.SHORT_TOKEN
    ? { token: env.SHORT_TOKEN, seconds: Number(env.SHORT_TOKEN_SECONDS ?? 60) }
    : undefined,
  metadata: json(env.METADATA),
  messages: env.SUBSCRIPTION
    ? {
        origin: env.PUBSUB ?? 'https://pubsub.googleapis.com',
        subscription: env.SUBSCRIPTION,
        quietMs: Number(env.QUIET_MS ?? 20_000),
      }
    : undefined,
  remote: env.REMOTE ? { path: env.REMOTE, tag: env.REMOTE_TAG ?? 'latest' } : undefined,
  virtual: given(env.VIRTUAL),
  gcr: env.GCR
    ? { origin: `https://${env.GCR.split('/')[0]}`, path: env.GCR.replace(/^[^/]+\//, '') }
    : undefined,
};
/** Immutable tags are a property of a repository at Google, of the whole registry here. */
const IMMUTABLE_ONLY = new Set(['8', '8a']);
const hasImmutable = Boolean(env.IMMUTABLE_REGISTRY ?? env.IMMUTABLE);

const results = [];
const wanted = values.only?.split(',');
for (const { no, question, expected, compare = true, matters } of expectations) {
  if (wanted && !wanted.includes(no)) continue;
  const facts = await ask(no);
  const { note, ...answer } = facts ?? {};
  const state = stateOf(facts, answer, { expected, compare });
  results.push({ no, question, state, answer, note, matters, expected });
  process.stdout.write(`${no.padEnd(3)} ${state.padEnd(8)} ${question}\n`);
  if (state === 'differs') {
    process.stdout.write(
      `    expected ${JSON.stringify(expected)}\n    answered ${JSON.stringify(facts)}\n`,
    );
    if (!values.all) break;
  }
}
writeFileSync(values.report, describe(results));
const differing = results.filter(({ state }) => state === 'differs').map(({ no }) => no);
process.stdout.write(
  differing.length === 0
    ? `\nEvery answer is as expected. Report: ${values.report}\n`
    : `\nDiffers from the embedded registry: ${differing.join(', ')}. Attach ${values.report} to an issue.\n`,
);
process.exitCode = differing.length === 0 ? 0 : 1;

async function ask(no) {
  const question = QUESTIONS[no] ?? SLOW_QUESTIONS[no];
  if (question === undefined) throw new Error(`registry-expectations.json: no question ${no}`);
  if (IMMUTABLE_ONLY.has(no) && !hasImmutable) return undefined;
  try {
    return await question(context);
  } catch (error) {
    return { error: error.code ?? error.message };
  }
}

function stateOf(facts, answer, { expected, compare }) {
  if (facts === undefined) return 'skipped';
  if (!compare) return 'noted';
  const names = new Set([...Object.keys(expected), ...Object.keys(answer)]);
  const isSame = [...names].every(
    (name) => JSON.stringify(expected[name]) === JSON.stringify(answer[name]),
  );
  return isSame ? 'expected' : 'differs';
}

/** For an issue: without the project and without tokens. */
function describe(rows) {
  const secrets = [env.TOKEN, env.SHORT_TOKEN].filter(Boolean);
  const clean = (text) => {
    const open = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[token]'), text);
    const named = env.PROJECT ? open.replaceAll(env.PROJECT, 'PROJECT') : open;
    return named.replaceAll('|', '\\|').replaceAll('\n', ' ');
  };
  const lines = rows.map(({ no, question, state, answer, note = '', expected }) => {
    const answered = state === 'skipped' ? '' : JSON.stringify(answer);
    const other = state === 'differs' ? JSON.stringify(expected) : '';
    return `| ${[no, question, state, answered, other, note].map(clean).join(' | ')} |`;
  });
  return [
    '# Registry report',
    '',
    `${clean(new URL(env.REGISTRY).host)}, ${new Date().toISOString()}, Node ${process.versions.node}`,
    '',
    '| no. | question | result | answer | expected | note |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
    '',
    ...rows
      .filter(({ state }) => state === 'differs')
      .map(({ no, matters }) => `**${no}**: ${matters ?? 'compare with the code that asks this'}`),
    '',
  ].join('\n');
}
