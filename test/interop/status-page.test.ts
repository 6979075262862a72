import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { renderStatusPage } from '../../cli/status-page';
import { sampleFindings } from '../support/findings';
import { describeWith, requireTool } from './tools';

const CUSTOMERS = ['acme', 'globex', 'hooli', 'initech', 'umbrella', 'wayne-enterprises'];
const EVIL = 'denied </script><img src="http://127.0.0.1:1/x" onerror="window.evil=1"><b id=evil>';
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** Set to a folder: every view is kept there as a picture, to be looked at. */
const PICTURES = process.env['PICTURES'];

describeWith(['chromium'], 'the status page in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'status-page-'));
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
  afterEach(() => page.close());
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(
    options: BrowserContextOptions,
    { customers = CUSTOMERS, drift = false } = {},
  ): Promise<void> {
    const file = join(folder, 'status.html');
    const findings = sampleFindings(customers, EVIL);
    writeFileSync(file, renderStatusPage({ findings, generated: new Date(), drift, chains: [] }));
    page = await browser.newPage(options);
    troubles = [];
    page.on('pageerror', ({ message }) => troubles.push(message));
    page.on('console', (message) => troubles.push(message.text()));
    page.on('request', (request) => {
      if (!/^(?:file|data):/.test(request.url())) troubles.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
  }

  async function picture(name: string): Promise<void> {
    if (PICTURES !== undefined) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }

  const cell = (label: string) => page.getByRole('button', { name: label, exact: true });
  const rows = () => page.locator('tbody tr:not(.group)').count();
  const isOverflowing = () =>
    page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);

  it('shows releases by organizations, with what each cell means', async () => {
    await open(DESKTOP);
    await picture('desktop');
    expect(await page.locator('.verdict').innerText()).toBe('33 of 180 copies differ');
    expect(await page.locator('thead th').allInnerTexts()).toEqual([
      'Release',
      'acme\n29/30',
      'globex\n29/30',
      'hooli\npaused',
      'initech\n29/30',
      'umbrella\n0/30',
      'wayne-enterprises\n30/30',
    ]);
    expect(await rows()).toBe(30);
    await cell('api:1.5.0 at globex: missing').waitFor();
    await cell('api:1.5.0 at hooli: missing (paused)').waitFor();
    expect(troubles).toEqual([]);
  });

  it('drills down to a cell, a release and an organization', async () => {
    await open(DESKTOP);
    const dialog = page.getByRole('dialog');
    await cell('web:1.4.1 at acme: stale').click();
    await picture('cell');
    expect(await dialog.innerText()).toMatch(
      /web:1\.4\.1[^]*≠ stale[^]*us-docker\.pkg\.dev\/acme-prod\/vendor\/web:1\.4\.1[^]*sha256:/,
    );
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    await page.locator('tbody th button', { hasText: '1.4.2' }).first().click();
    expect(await dialog.locator('article').count()).toBe(6);
    await picture('release');
    await page.getByRole('button', { name: 'Close' }).click();
    await page.locator('thead button', { hasText: 'umbrella' }).click();
    await picture('organization');
    expect(await dialog.innerText()).toContain(EVIL);
    expect(await page.locator('#evil, img').count()).toBe(0);
    await dialog.getByRole('button', { name: 'Show umbrella alone' }).click();
    expect(await page.locator('thead th').count()).toBe(2);
    expect(troubles).toEqual([]);
  });

  it('searches and filters', async () => {
    await open(DESKTOP);
    await page.getByRole('searchbox').fill('MAIL 1.4');
    expect(await rows()).toBe(3);
    await page.getByRole('button', { name: '◐ 1 attachments missing' }).click();
    expect(await rows()).toBe(1);
    await picture('search');
    await page.getByRole('searchbox').fill('nothing like it');
    expect(await page.locator('main').innerText()).toMatch(/^No release matches/);
    await page.getByRole('searchbox').fill('');
    await page.getByRole('button', { name: '◐ 1 attachments missing' }).click();
    await page.getByRole('combobox').selectOption('acme');
    await page.getByRole('button', { name: '≠ 1 stale' }).click();
    expect(await rows()).toBe(1);
    expect(troubles).toEqual([]);
  });

  it('opens with what differs where that is asked for', async () => {
    await open(DESKTOP, { customers: CUSTOMERS.slice(0, 4), drift: true });
    expect(await rows()).toBeLessThan(30);
    await picture('drift');
  });

  it('is dark where the reader’s system is, and light when told', async () => {
    await open({ ...DESKTOP, colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await picture('dark');
    expect(await background()).toBe('rgb(16, 20, 24)');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background()).toBe('rgb(246, 247, 249)');
  });

  it('is a list of releases on a phone, nothing wider than the screen', async () => {
    await open(PHONE);
    await picture('phone');
    expect(await isOverflowing()).toBe(false);
    await cell('api:1.5.0 at globex: missing').tap();
    await picture('phone-cell');
    expect(await isOverflowing()).toBe(false);
    expect(await page.getByRole('dialog').innerText()).toContain('missing');
  });

  it('has room for many organizations', async () => {
    const customers = Array.from({ length: 60 }, (_, at) => `customer-${at + 10}`);
    await open(DESKTOP, { customers });
    await picture('many');
    expect(await page.locator('thead th').count()).toBe(61);
    expect(await isOverflowing()).toBe(false);
  });
});
