const find = (selector) => document.querySelector(selector);

/** The worst first: what a cell shows where several rules bring a release to one organization. */
const SYMBOLS = {
  unreachable: '?',
  missing: '✕',
  stale: '≠',
  'attachments missing': '◐',
  held: '‖',
  waiting: '…',
  paused: '◌',
  current: '✓',
};

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text that others wrote: what is not seen, or turns the direction of text around, is shown as its escape. */
function harmless(text) {
  return String(text).replaceAll(UNSEEN, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** All that the page shows is made here: text stays text, and is harmless. */
function element(name, properties, ...children) {
  const { dataset, style, title, ariaLabel, ...rest } = properties;
  const made = Object.assign(document.createElement(name), rest);
  Object.assign(made.dataset, dataset);
  Object.assign(made.style, style);
  if (title !== undefined) made.title = harmless(title);
  if (ariaLabel !== undefined) made.ariaLabel = harmless(ariaLabel);
  for (const child of children) {
    if (child === undefined) continue;
    made.append(typeof child === 'object' ? child : harmless(child));
  }
  return made;
}

function button(properties, ...children) {
  return element('button', { type: 'button', ...properties }, ...children);
}

function badge(state) {
  return element('span', { className: 'badge', dataset: { state } }, `${SYMBOLS[state]} ${state}`);
}

/** Terms and what is to be said about them; what is empty is left out. */
function list(entries) {
  const made = element('dl', {});
  for (const [term, text, isCode] of entries) {
    if (text === undefined || text === '') continue;
    const shown = isCode ? element('code', {}, text) : text;
    made.append(element('dt', {}, term), element('dd', {}, shown));
  }
  return made;
}

/** A command of the command line, to be copied. */
function command(...words) {
  const { relay } = options;
  const text = [relay.command, ...words.map(quoted), relay.options].filter(Boolean).join(' ');
  const code = element('code', {}, text);
  const copy = button({ className: 'copy' }, 'Copy');
  copy.onclick = async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
    }
  };
  return element('div', { className: 'command' }, code, copy);
}

/** As a word of a POSIX shell; what is not seen as bash and zsh write it. */
function quoted(word) {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (word.search(UNSEEN) === -1) return `'${word.replaceAll("'", `'\\''`)}'`;
  const escaped = word.replaceAll(/[\\']/g, '\\$&');
  const escapeOf = (unseen) => `\\U${unseen.codePointAt(0).toString(16).padStart(8, '0')}`;
  return `$'${escaped.replaceAll(UNSEEN, escapeOf)}'`;
}

function countOf(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString()} ${count === 1 ? noun : plural}`;
}

/** Some names, and how many more. */
function namesOf(names, shown = 5) {
  const more = names.length > shown ? ` and ${names.length - shown} more` : '';
  return names.slice(0, shown).join(', ') + more;
}

function formatTime(value) {
  return new Date(value).toLocaleString();
}

function formatBytes(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const unit = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** unit).toFixed(unit === 0 ? 0 : 1)} ${units[unit]}`;
}

/** `4 s`, `5 min`, `2 h`, `3 d` */
function formatDuration(seconds) {
  const units = { d: 86_400, h: 3600, min: 60 };
  const [name, size] = Object.entries(units).find(([, unit]) => seconds >= 2 * unit) ?? ['s', 1];
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.floor(seconds / size)} ${name}`;
}
