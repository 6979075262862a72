const ROW_HEIGHT = 36;
const STUB_WIDTH = 340;
const MANY_COLUMNS = 8;
/** Rows and columns beyond the visible ones, for smooth scrolling. */
const MARGIN_ROWS = 12;
const MARGIN_COLUMNS = 8;

/** A table of which as much is drawn as is seen. Gives what looks again after scrolling. */
function drawMatrix({ rows, columns, wanted }) {
  const scroller = find('main');
  const entries = filter.sort === 'name' ? withHeadings(rows) : rows.map((row) => ({ row }));
  const layout = layOut(columns);
  const head = element('div', {
    className: 'head',
    role: 'row',
    style: { height: `${layout.headHeight}px` },
  });
  const sheet = drawSheet(layout, { columns, entries }, head);
  const stub = drawCorner(rows);
  /** By their position. */
  const drawn = new Map();
  let [from, to] = [0, 0];

  /** Draws what has come into sight and takes away what has left it. */
  function lookAgain() {
    const { clientHeight, clientWidth, scrollLeft, scrollTop } = scroller;
    const left = Math.floor(scrollLeft / layout.columnWidth);
    const right = Math.ceil((scrollLeft + clientWidth - STUB_WIDTH) / layout.columnWidth);
    if (to === 0 || left < from || Math.min(right, columns.length) > to) {
      from = Math.max(0, left - MARGIN_COLUMNS);
      to = Math.min(columns.length, Math.max(right, left + 1) + MARGIN_COLUMNS);
      for (const line of drawn.values()) line.remove();
      drawn.clear();
      const seen = columns.slice(from, to);
      head.replaceChildren(stub, ...seen.map((one, at) => drawColumn(one, from + at, layout)));
    }
    const first = Math.max(0, Math.floor(scrollTop / ROW_HEIGHT) - MARGIN_ROWS);
    const bottom = Math.ceil((scrollTop + clientHeight) / ROW_HEIGHT);
    const last = Math.min(entries.length, bottom + MARGIN_ROWS);
    for (const [at, line] of drawn) {
      if (at >= first && at < last) continue;
      line.remove();
      drawn.delete(at);
    }
    for (let at = first; at < last; at++) {
      if (drawn.has(at)) continue;
      const line = drawLine(entries[at], at, layout);
      const { row } = entries[at];
      if (row !== undefined) line.append(...drawCells(row, { columns, from, to, wanted }, layout));
      drawn.set(at, line);
      sheet.append(line);
    }
  }

  scroller.replaceChildren(sheet);
  lookAgain();
  return lookAgain;
}

function layOut(columns) {
  const isMany = columns.length > MANY_COLUMNS;
  const columnWidth = isMany ? 44 : 132;
  // Room for the longest name, which is vertical if there are many, but no more than is readable.
  const longest = Math.max(...columns.map(({ target }) => model.targets[target].name.length));
  return {
    isMany,
    columnWidth,
    headHeight: isMany ? Math.min(196, 52 + 9 * longest) : 72,
    place: (at) => ({
      left: `${STUB_WIDTH + 4 + at * columnWidth}px`,
      width: `${columnWidth - 4}px`,
    }),
  };
}

function drawSheet({ isMany, columnWidth, headHeight }, { columns, entries }, head) {
  const style = {
    width: `${STUB_WIDTH + columns.length * columnWidth + 8}px`,
    height: `${headHeight + entries.length * ROW_HEIGHT + 8}px`,
  };
  const className = isMany ? 'sheet many' : 'sheet';
  const sheet = element('div', { className, role: 'table', style }, head);
  sheet.ariaRowCount = String(entries.length + 1);
  sheet.ariaColCount = String(columns.length + 1);
  return sheet;
}

function drawCorner(rows) {
  const held = rows.reduce((sum, row) => sum + row.held, 0);
  const wanted = rows.reduce((sum, row) => sum + row.copies.length, 0);
  const total = `${countOf(rows.length, 'release')}, ${shareOf(held, wanted)}`;
  const words = [element('span', {}, 'Release'), element('small', {}, total)];
  return element('div', { className: 'stub', role: 'columnheader' }, ...words);
}

function shareOf(held, wanted) {
  return `${held.toLocaleString()}/${wanted.toLocaleString()}`;
}

function drawColumn(column, at, { isMany, place }) {
  const { name, paused } = model.targets[column.target];
  const { held, wanted } = column;
  const share = shareOf(held, wanted);
  const short = held === wanted ? '✓' : `−${(wanted - held).toLocaleString()}`;
  const open = button(
    {
      className: paused ? 'column resting' : 'column',
      style: place(at),
      title: `${name} ${share}${paused ? ` (${paused})` : ''}`,
      onclick: () => showTarget(column.target, column),
    },
    element('span', {}, name),
    element('small', { className: 'share' }, isMany ? short : share),
  );
  const wrapper = element('div', { role: 'columnheader' }, open);
  wrapper.ariaColIndex = String(at + 2);
  return wrapper;
}

/** A row without its cells: the name that releases have in common, or a release. */
function drawLine({ row, heading }, at, { headHeight }) {
  const style = { top: `${headHeight + at * ROW_HEIGHT}px` };
  const words =
    row === undefined
      ? [element('span', {}, heading.image), element('small', {}, heading.source)]
      : drawStub(row);
  const stub = element('div', { className: 'stub', role: 'rowheader' }, ...words);
  const className = row === undefined ? 'row heading' : 'row';
  const line = element('div', { className, role: 'row', style }, stub);
  line.ariaRowIndex = String(at + 2);
  return line;
}

function drawStub(row) {
  const { release, slowest } = row;
  const name = filter.sort === 'name' ? release.tag : release.name;
  return [
    button({ title: release.name, onclick: () => showRelease(row) }, name),
    slowest === undefined
      ? undefined
      : element(
          'small',
          { title: 'The slowest delivery, measured from the upload' },
          `within ${formatDuration(slowest)}`,
        ),
    element('small', { className: 'share' }, shareOf(row.held, row.copies.length)),
  ];
}

function drawCells({ release, copies }, { columns, from, to, wanted }, { place }) {
  const shown = new Set(copies);
  const cells = [];
  for (let at = from; at < to; at++) {
    const cell = drawCell(release, columns[at].target, shown, wanted);
    if (cell === undefined) continue;
    Object.assign(cell.style, place(at));
    const wrapper = element('div', { role: 'cell' }, cell);
    wrapper.ariaColIndex = String(at + 2);
    cells.push(wrapper);
  }
  return cells;
}

/** Rows below the names that they have in common. */
function withHeadings(rows) {
  let heading;
  return rows.flatMap((row) => {
    const own = row.release.heading;
    const isNew = own !== heading;
    heading = own;
    return isNew ? [{ heading: model.headings[own] }, { row }] : [{ row }];
  });
}

/** A release at an organization; undefined: it is not given it, or not within the filter. */
function drawCell(release, target, shown, wanted) {
  const copies = release.shape.byTarget.get(target)?.filter((copy) => shown.has(copy));
  if (copies === undefined || copies.length === 0) return undefined;
  const worst = worstOf(release, copies);
  const state = stateOf(release, worst);
  const { name, paused } = model.targets[target];
  const label = `${release.name} at ${name}: ${state}${paused ? ` (${paused})` : ''}`;
  const isAsked = copies.some((copy) => wanted[chipOf(release, copy)]);
  return button(
    {
      className: ['cell', paused ? 'paused' : '', isAsked ? '' : 'other'].join(' ').trim(),
      dataset: { state },
      title: label,
      ariaLabel: label,
      onclick: () => showRelease({ release, copies }),
    },
    SYMBOLS[state],
  );
}
