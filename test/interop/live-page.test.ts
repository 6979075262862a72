import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { image } from '../../local/images/image';
import { push } from '../../local/images/push';
import { runLocalStack } from '../../local/local-stack';
import { describeWith, requireTool } from './tools';

describeWith(['chromium'], 'the page of npm start in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'live-page-'));
  let browser: Browser;
  let interrupt: () => void = () => undefined;
  let ended: Promise<number>;
  let text = '';
  let onText: () => void = () => undefined;
  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: requireTool('chromium'),
      args: ['--no-sandbox'],
    });
    ended = runLocalStack({
      ...{ once: false, port: 0, folder, timeoutSeconds: 60 },
      output: {
        write(part) {
          text += part;
          onText();
        },
      },
      interrupted: new Promise<void>((resolve) => (interrupt = resolve)),
    });
    await said(/Ctrl-C ends everything/);
  });
  afterAll(async () => {
    interrupt();
    await ended;
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function said(pattern: RegExp): Promise<string> {
    for (;;) {
      const [, found] = pattern.exec(text) ?? [];
      if (pattern.test(text)) return found ?? '';
      await new Promise<void>((resolve) => (onText = resolve));
    }
  }

  it('shows a release arrive at every organization, without a reload', async () => {
    const address = await said(/See releases arrive +(\S+)/);
    const source = await said(/Images +(\S+)/);
    const page = await browser.newPage();
    let loads = 0;
    page.on('load', () => loads++);
    await page.goto(`${address}#sort=newest`);
    await page.getByRole('button', { name: /^api:1\.4\.2 at acme: current/ }).waitFor();
    const [registry = '', ...repository] = source.split('/');
    await push(image({ config: { seed: 'own' } }), {
      registry,
      repository: `${repository.join('/')}/api`,
      tag: '1.9.0',
    });
    for (const customer of ['acme', 'globex', 'initech']) {
      await page.getByRole('button', { name: `api:1.9.0 at ${customer}: current` }).waitFor();
    }
    // The reader's hands stay where they were.
    const focused = page.locator(':focus');
    const news = async (tag: string): Promise<void> => {
      await push(image({ config: { seed: tag } }), {
        registry,
        repository: `${repository.join('/')}/api`,
        tag,
      });
      await page.getByRole('button', { name: `api:${tag} at acme: current` }).waitFor();
    };
    await page.locator(".states [data-state='current']").focus();
    await news('1.9.1');
    expect(await focused.getAttribute('data-state')).toBe('current');
    await page.locator("select[name='sort']").focus();
    await page
      .locator("select[name='sort'] option")
      .first()
      .evaluate((option) => {
        option.dataset['seen'] = 'before';
      });
    await news('1.9.2');
    expect(await focused.getAttribute('name')).toBe('sort');
    expect(await page.locator("select[name='sort'] option[data-seen]").count()).toBe(1);
    expect(loads).toBe(1);
    expect(new URL(page.url()).hash).toBe('#sort=newest');
    await page.close();
  });

  it('says that it is no longer live once the stack has ended', async () => {
    const page = await browser.newPage();
    await page.goto(await said(/See releases arrive +(\S+)/));
    await page.getByText(/^As of /).waitFor();
    interrupt();
    expect(await ended).toBe(0);
    await page.getByText(/^No longer live: as of /).waitFor();
    // Nor after the reader has asked for something else.
    await page.getByRole('searchbox').fill('api');
    await page.getByText(/^No longer live: as of /).waitFor();
    await page.close();
  });
});
