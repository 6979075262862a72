import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import type { Finding } from '../shared/inventory/finding';
import { selectWanted } from '../shared/inventory/wanted';
import { parseRules } from '../shared/kinds/rules';
import { digestOf } from '../shared/oci/digest';
import { renderPage } from '../shared/page/page';
import type { PubSubServer } from './pubsub';
import { milliseconds, spread, type Section } from './report';

const CUSTOMERS = 200;
const RELEASES = 5000;
const RUNS = 3;
const SCROLLS = 100;
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const MEBIBYTE = 1024 * 1024;

/** What a browser takes to open the page of `relay status` where every customer is given every release, and to scroll in it. */
export async function benchPage(_pubsub: PubSubServer, folder: string): Promise<Section> {
  const executablePath = BROWSERS.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error(`no Chromium at ${BROWSERS.join(', ')}`);
  const file = join(folder, 'status.html');
  const before = performance.now();
  await writeFile(file, page());
  const written = `${((performance.now() - before) / 1000).toFixed(1)} s`;
  const { size } = await stat(file);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await measure(browser, file));
    const copies = (CUSTOMERS * RELEASES).toLocaleString('en');
    return {
      title: `The page of ${CUSTOMERS} customers with ${RELEASES.toLocaleString('en')} releases`,
      about: `Every customer is given every release: ${copies} copies. Opened: from the beginning of its navigation to the end of its script, with the table drawn; a frame: from one to the next, of ${SCROLLS} steps through rows and columns. Chromium, ${RUNS} runs, on a screen of 1280 by 800. Goal: opened within a second; the median frame within 33 ms.`,
      columns: ['size', 'written in', 'opened', 'a frame while scrolling'],
      rows: [
        [
          `${(size / MEBIBYTE).toFixed(1)} MiB`,
          written,
          milliseconds(spread(runs.map(({ opened }) => opened))),
          milliseconds(spread(runs.flatMap(({ frames }) => frames))),
        ],
      ],
    };
  } finally {
    await browser.close();
  }
}

async function measure(browser: Browser, file: string) {
  const view = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  await view.goto(pathToFileURL(file).href);
  // Its script runs before the document is complete.
  const opened = await view.evaluate<number>(
    "performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd",
  );
  const frames = await view.evaluate<number[]>(`(async () => {
    const main = document.querySelector('main');
    const frame = () => new Promise((resolve) => requestAnimationFrame(() => resolve(performance.now())));
    const frames = [];
    for (let step = 0, before = await frame(); step < ${SCROLLS}; step++) {
      main.scrollBy(step % 4 === 0 ? 50 : 0, 110);
      const now = await frame();
      frames.push(now - before);
      before = now;
    }
    return frames;
  })()`);
  await view.close();
  return { opened, frames };
}

function page(): string {
  const names = Array.from({ length: CUSTOMERS }, (_, at) => `customer-${at}`);
  const rules = parseRules(`targets:
${names.map((name) => `  ${name}: { repository: us-docker.pkg.dev/${name}/vendor }`).join('\n')}
groups: { everyone: [${names.join(', ')}] }
rules: [{ name: all, source: us-docker.pkg.dev/vendor/releases, targets: [everyone] }]
`);
  const sources = Array.from({ length: RELEASES }, (_, at) => ({
    kind: 'image' as const,
    registry: 'us-docker.pkg.dev',
    repository: `vendor/releases/team-${at % 50}/service-${at % 500}`,
    tag: `1.${at}.0`,
    digest: digestOf(Buffer.from(String(at))),
    size: 50 * MEBIBYTE,
    uploadedAt: new Date(Date.UTC(2026, 0, 1) + at * 60_000),
  }));
  const findings = selectWanted(rules, sources).map((wanted, at): Finding => {
    const state = at % 997 === 0 ? 'missing' : 'current';
    const uploaded = wanted.source.uploadedAt?.getTime() ?? 0;
    return { ...wanted, state, deliveredAt: new Date(uploaded + (at % 70) * 1000) };
  });
  return renderPage({ rules, findings, generated: new Date() });
}
