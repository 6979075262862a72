import { setTimeout as sleep } from 'node:timers/promises';
import type { StartOptions } from './arguments';
import { findAbsent } from './arrival';
import { type Notice, type Progress, createProgress, isOnTheWay } from './display/progress';
import { createReleaseLines } from './display/release-lines';
import { renderTable } from './display/release-table';
import { describeGroup, groupRows, type Row } from './display/row-groups';
import { type Output, type Screen, createScreen } from './display/screen';
import { showHeldRelease } from './held-release';
import { push } from './images/push';
import { type SamplePush, sampleRelease } from './images/sample-release';
import { describeCommands, describeOwnCommands, describePlaces } from './instructions';
import { sampleOwn } from './own-rules/sample';
import { pushedImage, type SampleArtifact, sampleArtifacts } from './sample-artifacts';
import { createLivePage, type LivePage } from './page/live-page';
import { createSurveyor } from './page/survey';
import { writeStackFile } from './stack-file';
import { sourcesOf } from './stack/sample-rules';
import { type Stack, type StackOptions, createStack } from './stack/stack';

export interface LocalStackOptions extends Omit<StartOptions, 'rules'> {
  /** True for user-provided rules, which decide what is pushed. */
  readonly own?: boolean;
  readonly output: Output;
  /** Resolves when a person wants it to end. */
  readonly interrupted: Promise<unknown>;
  /** Where word of a stack that stays up is left for `--local`. Default: the working directory. */
  readonly folder?: string;
  /** What differs from the usual stack. */
  readonly stack?: StackOptions;
}

const INTERRUPTED = 130;
const LOOK_AGAIN_MS = 100;

/**
 * Starts the stack, releases the sample and shows how it arrives; then ends, or stays up until it is interrupted.
 * Returns the exit code. Nothing is left running.
 *
 * @throws {Error} if the stack cannot be started
 */
export async function runLocalStack(options: LocalStackOptions): Promise<number> {
  const screen = createScreen(options.output);
  let watch: Watch | undefined;
  let page: LivePage | undefined;
  screen.line('Starting registries, Cloud Storage, Pub/Sub and the three functions ...');
  const stack = await createStack({
    ...options.stack,
    ...(options.port !== undefined && { port: options.port }),
    onPush(message) {
      watch?.progress.pushed(message);
      page?.changed();
    },
    onLog(entry) {
      watch?.tell(watch.progress.logged(entry));
      page?.logged(entry);
    },
  });
  const surveyor = createSurveyor(stack);
  try {
    const sources = Object.values(sourcesOf(stack));
    watch = createWatch(createProgress(stack.rules, sources), screen);
    if (!options.once) page = await createLivePage({ ...surveyor, ...pagePort(options) });
    screen.line(describePlaces(stack, page?.address));
    return await releaseAndStay(options, stack, { watch, screen, page: page?.address });
  } finally {
    screen.line('Ending ...');
    await Promise.allSettled([page?.close(), surveyor.close()]);
    await stack.close();
  }
}

/** Where the vendor's registry may be anywhere, so may the page. */
function pagePort({ port }: LocalStackOptions): { port?: number } {
  return port === 0 ? { port } : {};
}

async function releaseAndStay(
  options: LocalStackOptions,
  stack: Stack,
  {
    watch,
    screen,
    page,
  }: { readonly watch: Watch; readonly screen: Screen; readonly page?: string },
): Promise<number> {
  const ended = Promise.race([options.interrupted.then(() => undefined), stack.failed]);
  const released = await Promise.race([releaseAll(options, stack, watch, screen), ended]);
  watch.finish();
  if (released === undefined) return INTERRUPTED;
  if (released instanceof Error) {
    screen.line(`\n${released.message}`);
    if (options.once || !(released instanceof NotArrivedError)) return 1;
  } else {
    screen.line(`\n${released}`);
    if (options.once) return 0;
  }
  const forget = await writeStackFile(stack, options.folder ?? process.cwd());
  screen.line(options.own ? describeOwnCommands(stack, page) : describeCommands(stack, page));
  const reason = await ended.finally(forget);
  if (reason === undefined) return 0;
  screen.line(reason.message);
  return 1;
}

/** The stack runs, but the release is not where it should be. */
class NotArrivedError extends Error {
  override readonly name = 'NotArrivedError';
}

/** The sample, and then what is held until it is signed. */
async function releaseAll(
  options: LocalStackOptions,
  stack: Stack,
  watch: Watch,
  screen: Screen,
): Promise<string | Error> {
  if (options.own) {
    const { pushes, without } = sampleOwn(stack.rules, stack.vendor.address);
    const problems = shortened(
      without.map(
        (rule) => `No image was found that rule "${rule}" releases: push one of your own.`,
      ),
    );
    if (pushes.length > 0) {
      problems.forEach((problem) => screen.line(problem));
      return release(options, stack, watch, { screen, sample: { pushes, artifacts: [] } });
    }
    if (problems.length > 0) return new NotArrivedError(problems.join('\n'));
    return 'No rule is about images: nothing is pushed by itself.';
  }
  const pushes = sampleRelease('1.4.2', stack.signer);
  const sample = { pushes, artifacts: sampleArtifacts(stack) };
  const first = await release(options, stack, watch, { screen, sample });
  if (first instanceof Error) return first;
  const { timeoutSeconds } = options;
  const { progress } = watch;
  const then = await showHeldRelease({ stack, progress, screen, timeoutSeconds });
  if (then instanceof Error) return new NotArrivedError(then.message);
  return [first, ...(then === undefined ? [] : [then])].join('\n');
}

/** Pushes the sample and waits until every target holds it. Resolves with a sentence, or with what is missing. */
async function release(
  { timeoutSeconds }: LocalStackOptions,
  stack: Stack,
  watch: Watch,
  { screen, sample }: { readonly screen: Screen; readonly sample: Sample },
): Promise<string | NotArrivedError> {
  const started = performance.now();
  for (const { image, tag, about, content } of sample.pushes) {
    screen.line(`${'pushing'.padEnd(14)}${image}:${tag}  ${about}`);
    const [registry = '', ...path] = `${stack.source}/${image}`.split('/');
    await push(content, { registry, repository: path.join('/'), tag });
  }
  for (const { name, about, source, push: upload } of sample.artifacts) {
    screen.line(`${'pushing'.padEnd(14)}${name}  ${about}`);
    watch.progress.expect(source);
    await upload();
  }
  const seconds = () => (performance.now() - started) / 1000;
  for (;;) {
    const lost = watch.progress.rows().filter(isLost);
    if (lost.length > 0) return notArrived(groupRows(lost).map(describeGroup));
    const absent = await findAbsentOnceSettled(stack, watch.progress, sample);
    if (absent?.length === 0) {
      return `Every target holds the release (digests compared), ${seconds().toFixed(1)} s after the first push.`;
    }
    if (seconds() > timeoutSeconds) {
      const late = watch.progress.rows().filter(isOnTheWay);
      return notArrived([
        ...groupRows(late).map(describeGroup),
        ...shortened(await findAllAbsent(stack, sample)),
      ]);
    }
    await sleep(LOOK_AGAIN_MS);
  }
}

function notArrived(problems: readonly string[]): NotArrivedError {
  return new NotArrivedError(['The release did not reach every target:', ...problems].join('\n  '));
}

const MAX_LINES = 10;

/** Of many lines the first, and how many more there are. */
function shortened(lines: readonly string[]): string[] {
  const hidden = lines.length - MAX_LINES;
  return hidden <= 0 ? [...lines] : [...lines.slice(0, MAX_LINES), `and ${hidden} more`];
}

function isLost({ outcome }: Row): boolean {
  return outcome === 'dead-lettered' || outcome === 'withdrawn';
}

interface Sample {
  readonly pushes: readonly SamplePush[];
  readonly artifacts: readonly SampleArtifact[];
}

/** Undefined while the functions are still at work. */
async function findAbsentOnceSettled(
  stack: Stack,
  progress: Progress,
  sample: Sample,
): Promise<string[] | undefined> {
  const rows = progress.rows();
  return rows.length === 0 || rows.some(isOnTheWay) ? undefined : findAllAbsent(stack, sample);
}

function findAllAbsent(stack: Stack, { pushes, artifacts }: Sample): Promise<string[]> {
  return findAbsent(stack, [...pushes.map((one) => pushedImage(stack, one)), ...artifacts]);
}

/** Shows the stack's output: a table while the sample is released, lines afterwards. */
interface Watch {
  readonly progress: Progress;
  tell(notice: Notice | undefined): void;
  finish(): void;
}

/** A table of hundreds of targets must not be drawn for each of their log lines. */
const DRAW_MS = 50;

function createWatch(progress: Progress, screen: Screen): Watch {
  const lines = createReleaseLines(progress, (line) => screen.line(line));
  let finished = false;
  let drawing: NodeJS.Timeout | undefined;
  const draw = (): void => {
    drawing = undefined;
    screen.draw(renderTable(progress.rows(), screen.width()));
  };
  return {
    progress,
    tell(notice) {
      const isInTable = screen.isLive && !finished;
      if (notice?.row === undefined) {
        if (notice !== undefined) screen.line(notice.text);
      } else if (!isInTable) lines.add(notice.row);
      if (isInTable) drawing ??= setTimeout(draw, DRAW_MS).unref();
    },
    finish() {
      finished = true;
      clearTimeout(drawing);
      lines.flush();
      screen.finish(renderTable(progress.rows(), screen.width()));
    },
  };
}
