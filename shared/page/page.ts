import { createHash } from 'node:crypto';
import details from './browser/details.page.js';
import elements from './browser/elements.page.js';
import filter from './browser/filter.page.js';
import list from './browser/list.page.js';
import main from './browser/main.page.js';
import matrix from './browser/matrix.page.js';
import model from './browser/model.page.js';
import notices from './browser/notices.page.js';
import { pageData, type PageContent } from './data';
import styles from './page.css';
import template from './page.html';

export interface PageOptions {
  /** Opens with what differs; all of it is in the page. */
  readonly drift?: boolean;
  /** How the command line is called where the page is read. Default: `registry-relay`. */
  readonly relay?: { readonly command: string; readonly options: string };
  /** A path below the page's own that sends {@link PageData} as server-sent events, one whenever something has changed. */
  readonly events?: string;
}

/** One scope: each part uses those before it. */
const SCRIPT = [
  `'use strict';`,
  elements,
  model,
  filter,
  details,
  notices,
  matrix,
  list,
  main,
].join('\n');

/**
 * One self-contained page: a matrix of releases by targets. What the findings say is data to its script and never markup,
 * and its policy allows this script and these styles alone, and no request but for its own events.
 */
export function renderPage(content: PageContent, options: PageOptions = {}): string {
  const { drift = false, events, relay = { command: 'relay', options: '' } } = options;
  const parts: Readonly<Record<string, string>> = {
    '%POLICY%': policyFor(events),
    '%STYLES%': styles,
    '%SCRIPT%': SCRIPT,
    '%DATA%': harmlessJson(pageData(content)),
    '%OPTIONS%': harmlessJson({ drift, relay, events }),
  };
  // A hash covers the whole content of an element.
  return template.replaceAll(/\s*(%[A-Z]+%)\s*/g, (_, name: string) => parts[name] ?? name);
}

/** The server-sent event of an update. */
export function pageEvent(content: PageContent): string {
  return `data: ${JSON.stringify(pageData(content))}\n\n`;
}

/** Nothing in a script element ends it but "</script", and nothing but "<!--" changes how it is read. */
function harmlessJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}

function policyFor(events: string | undefined): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(SCRIPT)}`,
    `style-src ${hashOf(styles)}`,
    'img-src data:',
    ...(events === undefined ? [] : ["connect-src 'self'"]),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function hashOf(content: string): string {
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
