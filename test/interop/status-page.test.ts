import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { Finding } from '../../shared/inventory/finding';
import type { PageContent } from '../../shared/page/data';
import { renderPage } from '../../shared/page/page';
import type { CopyReason } from '../../shared/inventory/reasons/reason';
import { sampleFindings, sampleRules } from '../support/findings';
import { describeWith, requireTool } from './tools';

const CUSTOMERS = ['acme', 'globex', 'hooli', 'initech', 'umbrella', 'wayne-enterprises'];
const EVIL = 'denied </script><img src="http://127.0.0.1:1/x" onerror="window.evil=1"><b id=evil>';
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** Set to a folder: every view is kept there as a picture, to be looked at. */
const PICTURES = process.env['PICTURES'];

interface Opened extends Partial<Pick<PageContent, 'deadLetters'>> {
  readonly customers?: readonly string[];
  readonly drift?: boolean;
  /** What the address says after its `#`. */
  readonly asked?: string;
  readonly change?: (finding: Finding) => Finding;
}

describeWith(['chromium'], 'the status page in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'status-page-'));
  const file = join(folder, 'status.html');
  let browser: Browser;
  let page: Page;
  let troubles: string[];
  beforeAll(async () => {
    if (PICTURES !== undefined) mkdirSync(PICTURES, { recursive: true });
    browser = await chromium.launch({
      executablePath: requireTool('chromium'),
      args: ['--no-sandbox'],
    });
  });
  afterEach(async () => {
    expect(troubles).toStrictEqual([]);
    await page.close();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(
    options: BrowserContextOptions,
    { customers = CUSTOMERS, asked = '', drift = false, change, ...more }: Opened = {},
  ): Promise<void> {
    const found = sampleFindings(customers, EVIL);
    const findings = change === undefined ? found : found.map(change);
    const rules = sampleRules(customers);
    const generated = new Date('2026-11-24T12:00:00Z');
    writeFileSync(file, renderPage({ rules, findings, generated, ...more }, { drift }));
    page = await browser.newPage(options);
    troubles = [];
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => troubles.push(message.text()));
    page.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) troubles.push(request.url());
    });
    await page.goto(pathToFileURL(file).href + asked);
  }

  async function picture(name: string): Promise<void> {
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  const cell = (label: string) => page.getByRole('button', { name: label, exact: true });
  const rows = () => page.locator('.row:not(.heading) .stub button').allInnerTexts();
  const columns = () => page.locator('.column span').allInnerTexts();
  const verdict = () => page.locator('.verdict').innerText();
  const address = () => new URL(page.url()).hash;
  const dialog = () => page.getByRole('dialog');
  const isOverflowing = () =>
    page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

  it('shows releases by organizations, the worst first, with totals and what each cell means', async () => {
    await open(DESKTOP);
    await picture('desktop');
    expect(await verdict()).toBe('33 of 180 copies differ');
    expect(await page.locator('.head [role=columnheader]').allInnerTexts()).toEqual([
      'Release\n30 releases, 137/180',
      'umbrella\n0/30',
      'acme\n29/30',
      'globex\n29/30',
      'initech\n29/30',
      'hooli\n20/30',
      'wayne-enterprises\n30/30',
    ]);
    expect((await rows()).slice(0, 3)).toEqual(['api:1.5.0', 'workers/mail:1.4.2', 'web:1.4.1']);
    expect(await page.locator('.row .share').first().innerText()).toBe('3/6');
    await cell('api:1.5.0 at globex: missing').waitFor();
    await cell('api:1.5.0 at hooli: missing (paused)').waitFor();
  });

  it('counts in its headline what the chips count, and copies at a paused target apart', async () => {
    await open(DESKTOP);
    const chips = async () => {
      const texts = await page.locator('.states button:visible').allInnerTexts();
      return Object.fromEntries(
        texts.map((text) => {
          const [, count, state = ''] = /^\S (\d+) (.+)$/.exec(text) ?? [];
          return [state, Number(count)];
        }),
      );
    };
    const { current = 0, paused = 0, ...differing } = await chips();
    const differ = Object.values(differing).reduce((sum, count) => sum + count, 0);
    expect({ current, paused, differ }).toEqual({ current: 137, paused: 10, differ: 33 });
    expect(await verdict()).toBe('33 of 180 copies differ');
    await page.getByRole('button', { name: '◌ 10 paused' }).click();
    expect([(await rows()).length, await columns()]).toEqual([10, ['hooli']]);
    expect(await verdict()).toBe('33 of 180 copies differ');
    expect(address()).toBe('#state=paused');
  });

  it('says in a cell why it differs, since when, and what to do', async () => {
    const why: CopyReason = {
      why: 'dead-lettered',
      ...{ reason: 'network', error: 'ECONNRESET', remedy: 'Replay it.' },
      since: new Date('2026-11-22T10:00:00Z'),
    };
    await open(DESKTOP, { change: (one) => (one.state === 'stale' ? { ...one, why } : one) });
    await cell('web:1.4.1 at acme: stale').click();
    expect(await dialog().innerText()).toMatch(
      /Why\s+dead-lettered\s+Since\s+\S.*2026[^]*Reason\s+network\s+Error\s+ECONNRESET\s+What to do\s+Replay it\./,
    );
  });

  it('drills down to a cell, a release and an organization, each with its remedy to copy', async () => {
    await open(DESKTOP);
    await cell('web:1.4.1 at acme: stale').click();
    await picture('cell');
    expect(await dialog().innerText()).toMatch(
      /web:1\.4\.1[^]*≠ stale[^]*us-docker\.pkg\.dev\/acme-prod\/vendor\/web:1\.4\.1[^]*sha256:/,
    );
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await dialog().getByRole('button', { name: 'Copy' }).click();
    await dialog().getByRole('button', { name: 'Copied' }).waitFor();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
      'relay republish us-central1-docker.pkg.dev/vendor/releases/web:1.4.1 --target acme --rule everything --yes',
    );
    await page.keyboard.press('Escape');
    expect(await dialog().isVisible()).toBe(false);
    await page.getByRole('button', { name: 'api:1.5.0', exact: true }).click();
    expect(await dialog().locator('article h3').allInnerTexts()).toEqual([
      expect.stringContaining('globex'),
      expect.stringContaining('hooli'),
      expect.stringContaining('umbrella'),
    ]);
    expect(await dialog().innerText()).toContain('3 organizations have it');
    await picture('release');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('.column', { hasText: 'umbrella' }).click();
    await picture('organization');
    expect(await dialog().innerText()).toContain(EVIL);
    expect(await dialog().innerText()).toContain('relay doctor --target umbrella');
    expect(await page.locator('#evil, img').count()).toBe(0);
    await dialog().getByRole('button', { name: 'Show umbrella alone' }).click();
    expect(await columns()).toEqual(['umbrella']);
    expect(await verdict()).toBe('30 of 30 copies differ');
  });

  it('filters rows and columns alike, keeps that in the address, and totals follow', async () => {
    await open(DESKTOP);
    await page.getByRole('searchbox').fill('MAIL 1.4');
    expect(await rows()).toEqual([
      'workers/mail:1.4.2',
      'workers/mail:1.4.1',
      'workers/mail:1.4.0',
    ]);
    await page.getByRole('button', { name: '◐ 1 attachments missing' }).click();
    expect([await rows(), await columns()]).toEqual([['workers/mail:1.4.2'], ['initech']]);
    expect(await verdict()).toBe('4 of 18 copies differ');
    expect(address()).toBe('#q=MAIL+1.4&state=attachments+missing');
    await picture('search');
    await page.getByRole('searchbox').fill('nothing like it');
    expect(await page.locator('main').innerText()).toMatch(/^No release matches/);
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(address()).toBe('');
    await page.getByRole('combobox', { name: 'Group' }).selectOption('pilots');
    expect(await columns()).toEqual(['acme', 'globex']);
    expect(await verdict()).toBe('2 of 60 copies differ');
    await page.getByRole('searchbox').fill('acme web');
    expect([(await rows()).length, await columns()]).toEqual([6, ['acme']]);
  });

  it('opens with what its address says', async () => {
    await open(DESKTOP, { asked: '#target=globex&state=missing&sort=name' });
    expect([await rows(), await columns()]).toEqual([['1.5.0'], ['globex']]);
    expect(await page.locator('.heading .stub').innerText()).toMatch(/^api\s+us-central1/);
    await page.evaluate(() => (location.hash = '#rule=everything&target=nobody'));
    await page.locator('.column', { hasText: 'umbrella' }).waitFor();
    expect(await verdict()).toBe('33 of 180 copies differ');
  });

  it('opens with what differs where that is asked for', async () => {
    await open(DESKTOP, { customers: CUSTOMERS.slice(0, 4), drift: true });
    expect(await rows()).toHaveLength(12);
    await picture('drift');
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(address()).toBe('#state=');
    await page.reload();
    expect((await rows()).length).toBeGreaterThan(12);
  });

  it('says each error once, what was given up, and what is held', async () => {
    const letter = {
      time: new Date('2026-11-23T10:00:00Z'),
      reason: 'target-denied',
      error: EVIL,
      remedy: 'Grant it, then replay.',
      target: 'umbrella',
      source: 'us-central1-docker.pkg.dev/vendor/releases/api:1.5.0',
    };
    await open(DESKTOP, {
      asked: '#sort=newest',
      deadLetters: [letter],
      change: (one) => (one.image === 'web' ? { ...one, state: 'held' } : one),
    });
    expect(await verdict()).toBe('26 of 180 copies differ');
    await cell('web:1.5.0 at acme: held').waitFor();
    expect(await page.locator('.problems article').count()).toBe(1);
    await page
      .locator('.letters')
      .getByText('relay dead-letters replay --target umbrella --reason target-denied')
      .waitFor();
    await picture('problems');
    await page.getByRole('combobox', { name: 'Organization' }).selectOption('acme');
    expect(await page.locator('.problems, .letters').count()).toBe(0);
  });

  it('filters dead letters too, groups those with one fix, and keeps them open', async () => {
    const letter = (source: string, target: string, more = {}) => ({
      ...{ time: new Date('2026-11-23T10:00:00Z'), error: 'denied', remedy: 'Grant it.' },
      ...{ reason: 'target-denied', rule: 'everything', target },
      source: `us-central1-docker.pkg.dev/vendor/releases/${source}`,
      ...more,
    });
    const letters = [
      ...Array.from({ length: 30 }, (_, at) => letter(`gone:${at}`, 'umbrella')),
      letter('api:1.5.0', 'globex'),
      letter('api:1.4.2', 'acme'),
      letter('web:1.4.1', 'acme', { rule: 'of-old', reason: 'tag-conflict' }),
    ];
    await open(DESKTOP, { deadLetters: letters });
    const summary = () => page.locator('.letters summary').innerText();
    await page.getByText('33 dead letters', { exact: true }).waitFor();
    expect(await page.locator('.letters h3').allInnerTexts()).toEqual([
      'target-denied at umbrella',
      'target-denied at globex',
      'target-denied at acme',
      'tag-conflict at acme',
    ]);
    expect(await page.locator('.letters').innerText()).toContain('and 10 more');
    await picture('letters');
    for (const [asked, left] of [
      ['group=pilots', 3],
      ['target=acme', 2],
      ['rule=everything', 32],
      ['q=conflict', 1],
      ['q=umbrella+gone:7', 1],
      ['q=api+acme', 1],
      ['target=globex&state=missing', 1],
      ['target=acme&state=stale', 1],
    ] as const) {
      await page.evaluate((hash) => (location.hash = hash), asked);
      await page
        .getByText(`${left} dead letter${left === 1 ? '' : 's'}`, { exact: true })
        .waitFor();
      expect(await page.locator('.letters[open] h3').count()).toBeGreaterThan(0);
    }
    expect(await summary()).toBe('1 dead letter');
    await page.evaluate(() => (location.hash = 'group=pilots&q=umbrella'));
    await page.getByText('No release matches').waitFor();
    expect(await page.locator('.letters').count()).toBe(0);
  });

  it('draws every row if only one customer has a time, and one before the upload', async () => {
    const change = (one: Finding): Finding =>
      one.target.name === CUSTOMERS.at(-1)
        ? { ...one, deliveredAt: new Date((one.source.uploadedAt?.getTime() ?? 0) - 300) }
        : { ...one };
    await open(DESKTOP, { change, asked: '#sort=newest' });
    expect((await rows()).length).toBeGreaterThan(10);
  });

  it('shows when releases were delivered, and how long that took', async () => {
    const delivered = (one: Finding): Finding => ({
      ...one,
      deliveredAt: new Date((one.source.uploadedAt?.getTime() ?? 0) + 4200),
    });
    await open(DESKTOP, { customers: ['acme'], change: delivered });
    expect(await page.locator('.row .stub').first().innerText()).toMatch(/within 4\.2 s/);
    await cell('api:1.5.0 at acme: current').click();
    expect(await dialog().innerText()).toMatch(/Delivered\s+.*, in 4\.2 s/);
  });

  it('shows what would disguise a name as text, also in what is copied', async () => {
    const NAME = 'api\u202egnp.exe';
    await open(DESKTOP, {
      customers: ['acme'],
      change: (one) =>
        one.image === 'api'
          ? {
              ...one,
              image: NAME,
              source: { ...one.source, repository: `vendor/${NAME}` } as never,
            }
          : one,
    });
    const text = await page.locator('body').innerText();
    expect(text).toContain('api\\u202egnp.exe:1.5.0');
    expect(text).not.toMatch(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/);
    await page.getByRole('button', { name: 'api\\u202egnp.exe:1.5.0', exact: true }).click();
    for (const part of ['main', 'dialog']) {
      expect(await page.locator(part).innerHTML()).not.toContain('\u202e');
    }
  });

  it('is dark if the reader’s system is, and light on request', async () => {
    await open({ ...DESKTOP, colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await picture('dark');
    expect(await background()).toBe('rgb(16, 20, 24)');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background()).toBe('rgb(246, 247, 249)');
  });

  it('is a list of releases on a phone, nothing wider than the screen, what is well folded', async () => {
    await open(PHONE);
    await picture('phone');
    expect(await isOverflowing()).toBe(false);
    expect(await page.locator('.card > h3').count()).toBe(12);
    await page.getByText('✓ 18 releases up to date').tap();
    await page.locator('.card > h3').nth(29).waitFor();
    await cell('api:1.5.0 at globex: missing').tap();
    await picture('phone-cell');
    expect(await isOverflowing()).toBe(false);
    expect(await dialog().innerText()).toContain('missing');
  });

  it('has room for many organizations, whose headings stay in sight', async () => {
    const customers = Array.from({ length: 200 }, (_, at) => `customer-${at}`);
    await open(DESKTOP, { customers });
    await picture('many');
    expect(await page.getByRole('table').getAttribute('aria-colcount')).toBe('201');
    expect(await isOverflowing()).toBe(false);
    await page.locator('main').evaluate((main) => main.scrollTo(4000, 400));
    await cell('web:1.4.0 at customer-99: current').waitFor();
    const place = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((one) => one.getBoundingClientRect().toJSON() as DOMRect);
    const main = await place('main');
    expect(Math.abs((await place('.head')).top - main.top)).toBeLessThan(2);
    expect(Math.abs((await place('.row .stub')).left - main.left)).toBeLessThan(2);
    await picture('many-scrolled');
    // As much is drawn as is seen, and a little more.
    expect(await page.locator('.cell').count()).toBeLessThan(2000);
  });
});
