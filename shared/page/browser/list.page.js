const CARDS_A_TIME = 100;
const CELLS_SHOWN = 12;

/** What a phone shows: one release below the other, with those that lack it; what is well is folded. */
function drawList({ rows, wanted }) {
  const [differing, well] = [true, false].map((differs) =>
    rows.filter(({ release, copies }) => copies.some((copy) => isTold(release, copy)) === differs),
  );
  const folded = element('details', { open: differing.length === 0 && filter.words !== '' });
  folded.append(element('summary', {}, `✓ ${countOf(well.length, 'release')} up to date`));
  // Draws only unfolded entries.
  folded.ontoggle = () => {
    if (folded.open && folded.children.length === 1) drawSome(folded, well, wanted);
  };
  const all = element('div', {});
  drawSome(all, differing, wanted);
  if (well.length > 0) all.append(element('div', { className: 'card' }, folded));
  find('main').replaceChildren(all);
}

/** An organization that cannot be asked is a problem of its own, shown once. */
function isTold(release, copy) {
  const state = stateOf(release, copy);
  if (state === 'unreachable') return filter.target !== '' || filter.states.includes(state);
  return state !== 'current';
}

function drawSome(parent, rows, wanted) {
  parent.append(...rows.slice(0, CARDS_A_TIME).map((row) => drawCard(row, wanted)));
  const rest = rows.slice(CARDS_A_TIME);
  if (rest.length === 0) return;
  const more = button({ className: 'more' }, `Show more (${countOf(rest.length, 'release')} left)`);
  more.onclick = () => {
    const next = element('div', {});
    drawSome(next, rest, wanted);
    more.replaceWith(next);
  };
  parent.append(more);
}

function drawCard(row, wanted) {
  const { release, copies } = row;
  const share = shareOf(row.held, copies.length);
  const lacking = copies.filter((copy) => isTold(release, copy));
  const targets = [...new Set(lacking.map((copy) => release.shape.targets[copy]))];
  const shown = new Set(copies);
  const cellOf = (target) => {
    const cell = drawCell(release, target, shown, wanted);
    cell.append(` ${harmless(model.targets[target].name)}`);
    return cell;
  };
  const cells = element(
    'div',
    { className: 'cells' },
    ...targets.slice(0, CELLS_SHOWN).map(cellOf),
  );
  if (targets.length > CELLS_SHOWN) {
    const more = button({}, `and ${targets.length - CELLS_SHOWN} more`);
    more.onclick = () => more.replaceWith(...targets.slice(CELLS_SHOWN).map(cellOf));
    cells.append(more);
  }
  return element(
    'section',
    { className: 'card' },
    element(
      'h3',
      {},
      button({ onclick: () => showRelease(row) }, release.name),
      element('small', { className: 'share' }, share),
    ),
    cells,
  );
}
