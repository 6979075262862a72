const SORTS = { worst: 'The worst first', name: 'By name', newest: 'The newest first' };
const NO_FILTER = { words: '', target: '', group: '', rule: '', sort: 'worst', states: [] };
/** What the reader asked for; the address keeps it. */
let filter = NO_FILTER;

const driftStates = () => [...model.states.filter((_, code) => model.drifting[code]), 'paused'];

/** `#q=api&target=acme&state=missing,stale` */
function readAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const known = (key, names) => (names.includes(said.get(key)) ? said.get(key) : NO_FILTER[key]);
  const nameOf = ({ name }) => name;
  const first = options.drift && location.hash === '' ? driftStates() : [];
  filter = {
    words: said.get('q') ?? '',
    target: known('target', model.targets.map(nameOf)),
    group: known('group', model.groups.map(nameOf)),
    rule: known('rule', model.rules),
    sort: known('sort', Object.keys(SORTS)),
    states:
      said
        .get('state')
        ?.split(',')
        .filter((state) => model.chips.includes(state)) ?? first,
  };
}

function writeAddress() {
  const { words, states, ...rest } = filter;
  const entries = [['q', words], ...Object.entries(rest), ['state', states.join()]];
  const said = entries.filter(([key, value]) => value !== (NO_FILTER[key] ?? ''));
  // With --drift an address that says nothing means what differs.
  const text = new URLSearchParams(said).toString() || (options.drift ? 'state=' : '');
  history.replaceState(null, '', `#${text}`);
}

/**
 * What passes the filter: its rows and columns in their order, what is in scope of each, and totals. A copy is in scope
 * whatever its state; a row or column is there if one of its copies has a state that was asked for.
 */
function computeView() {
  const { chips } = model;
  const inScope = scopeOf(filter);
  const wanted = chips.map((state) => filter.states.length === 0 || filter.states.includes(state));
  const columns = model.targets.map((_, target) => ({
    target,
    held: 0,
    wanted: 0,
    drift: 0,
    isShown: false,
  }));
  const sums = { columns, counts: chips.map(() => 0), troubles: new Map() };
  const rows = [];
  for (const release of model.releases) {
    const copies = inScope(release);
    if (copies.length === 0) continue;
    let isShown = false;
    for (const copy of copies) {
      const chip = chipOf(release, copy);
      sums.counts[chip]++;
      if (!wanted[chip]) continue;
      isShown = true;
      columns[release.shape.targets[copy]].isShown = true;
    }
    if (isShown) rows.push(countRow(release, copies, sums));
  }
  const shown = columns.filter((column) => column.isShown);
  return { ...sums, rows: sortRows(rows), columns: sortColumns(shown), wanted };
}

/** Gives the copies of a release that are in scope. */
function scopeOf({ words, target, group, rule }) {
  const members = model.groups.find(({ name }) => name === group)?.targets;
  const allowed = model.targets.map(
    ({ name }, at) => (target === '' || name === target) && (members?.includes(at) ?? true),
  );
  const ruleAt = rule === '' ? -1 : model.rules.indexOf(rule);
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
  const named = asked.map((word) =>
    model.targets.map(({ name }) => name.toLowerCase().includes(word)),
  );
  const isAll = target === '' && group === '' && ruleAt === -1;
  return (release) => {
    // A word is of the release or of the organization.
    const left = named.filter((_, at) => !release.text.includes(asked[at]));
    const { all, targets, rules } = release.shape;
    if (isAll && left.length === 0) return all;
    return all.filter(
      (copy) =>
        allowed[targets[copy]] &&
        (ruleAt === -1 || rules[copy] === ruleAt) &&
        left.every((hits) => hits[targets[copy]]),
    );
  };
}

/**
 * What was given up, of what passes the filter. A letter has no state: it has that of its copy, where that is there still.
 */
function lettersInScope({ target, group, rule, words, states }) {
  const members = model.groups.find(({ name }) => name === group)?.targets;
  const asked = words.toLowerCase().split(/\s+/).filter(Boolean);
  return (model.deadLetters ?? []).filter((letter) => {
    const at = model.targets.findIndex(({ name }) => name === letter.target);
    const release = model.bySource.get(letter.source);
    const copies = release?.shape.byTarget.get(at);
    const text = [letter.source, letter.target, letter.reason, release?.text];
    const said = text.join(' ').toLowerCase();
    return (
      (target === '' || letter.target === target) &&
      (members?.includes(at) ?? true) &&
      (rule === '' || letter.rule === rule) &&
      asked.every((word) => said.includes(word)) &&
      (states.length === 0 ||
        copies === undefined ||
        copies.some((copy) => states.includes(model.chips[chipOf(release, copy)])))
    );
  });
}

/** Sums up a row, and adds it to the columns. There may be a million copies: nothing is made for each. */
function countRow(release, copies, { columns, troubles }) {
  const { current, drifting } = model;
  const { delivered, special, uploaded } = release;
  const row = { release, copies, held: 0, drift: 0, slowest: undefined };
  for (const copy of copies) {
    const target = release.shape.targets[copy];
    const code = codeOf(release, copy);
    const column = columns[target];
    column.wanted++;
    if (code === current) {
      column.held++;
      row.held++;
    } else if (drifting[code] && !model.targets[target].paused) {
      column.drift++;
      row.drift++;
    }
    const took = uploaded === undefined ? undefined : (delivered?.[copy] ?? undefined);
    if (took >= 0 && !(took <= row.slowest)) row.slowest = took;
  }
  for (const copy of special === undefined ? [] : copies) {
    const trouble = special[copy]?.trouble;
    if (trouble === undefined) continue;
    if (!troubles.has(trouble)) troubles.set(trouble, new Set());
    troubles.get(trouble).add(release.shape.targets[copy]);
  }
  return row;
}

/** Releases come with their newest first. */
function sortRows(rows) {
  const newest = (a, b) => (b.release.uploaded ?? 0) - (a.release.uploaded ?? 0);
  if (filter.sort === 'newest') return rows.toSorted(newest);
  if (filter.sort === 'worst') return rows.toSorted((a, b) => b.drift - a.drift || newest(a, b));
  const place = new Map(
    model.headings
      .map((heading, at) => ({ at, image: heading.image }))
      .toSorted((a, b) => a.image.localeCompare(b.image, 'en', { numeric: true }))
      .map(({ at }, position) => [at, position]),
  );
  return rows.toSorted((a, b) => place.get(a.release.heading) - place.get(b.release.heading));
}

/** Targets come by name. */
function sortColumns(columns) {
  return filter.sort === 'worst' ? columns.toSorted((a, b) => b.drift - a.drift) : columns;
}
