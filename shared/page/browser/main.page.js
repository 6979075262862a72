/** What is shown now, and what looks again when it is scrolled. */
let view;
let look = () => undefined;
/** The sender of updates cannot be reached. */
let isCutOff = false;
const phone = matchMedia('(max-width: 640px)');

/** The reader asks for something else. */
function change(asked) {
  filter = { ...filter, ...asked };
  writeAddress();
  find('dialog').close();
  redraw();
  find('main').scrollTo(0, 0);
}

function redraw() {
  view = computeView();
  drawHeader();
  drawTools();
  drawStates();
  find('.notices').replaceChildren(...[drawProblems(view), drawDeadLetters()].filter(Boolean));
  look = () => undefined;
  if (view.rows.length === 0) {
    const text = 'No release matches. Clear the search or a filter.';
    find('main').replaceChildren(element('p', { className: 'none' }, text));
  } else if (phone.matches) drawList(view);
  else look = drawMatrix(view);
}

/** Counts what the chips count. */
function drawHeader() {
  const copies = view.counts.reduce((sum, count) => sum + count, 0);
  const drift = view.counts.reduce(
    (sum, count, chip) => (model.drifting[chip] ? sum + count : sum),
    0,
  );
  const verdict = find('.verdict');
  verdict.dataset.state = drift > 0 ? 'missing' : 'current';
  const counted = countOf(copies, 'copy', 'copies');
  verdict.textContent =
    drift > 0
      ? `${drift.toLocaleString()} of ${counted} ${drift === 1 ? 'differs' : 'differ'}`
      : `${counted} up to date`;
  find('time').dateTime = model.generated;
  const as = isCutOff ? 'No longer live: as' : 'As';
  find('time').textContent = `${as} of ${formatTime(model.generated)}`;
}

function drawTools() {
  const names = (all) => all.map(({ name }) => [name, name]);
  fillSelect('target', [['', 'All organizations'], ...names(model.targets)]);
  fillSelect('group', [['', 'All groups'], ...names(model.groups)]);
  fillSelect('rule', [['', 'All rules'], ...model.rules.map((name) => [name, name])]);
  fillSelect('sort', Object.entries(SORTS));
  const search = find('input');
  if (document.activeElement !== search) search.value = filter.words;
  find('.chains').hidden = model.chains.length === 0;
  const { sort, ...rest } = filter;
  find('.clear').hidden = Object.entries(rest).every(
    ([key, value]) => value.length === NO_FILTER[key].length,
  );
}

function fillSelect(key, entries) {
  const select = find(`select[name='${key}']`);
  const shown = [...select.options].map(({ value, text }) => [value, text]);
  const options = entries.map(([value, text]) => [value, harmless(text)]);
  // News would else close a list under the reader's hands.
  if (JSON.stringify(shown) !== JSON.stringify(options)) {
    select.replaceChildren(...options.map(([value, text]) => new Option(text, value)));
  }
  if (select.value !== filter[key]) select.value = filter[key];
  select.hidden = entries.length < 2;
}

function drawStates() {
  const buttons = Object.keys(SYMBOLS)
    .toReversed()
    .map((state) => {
      const count = view.counts[model.chips.indexOf(state)] ?? 0;
      const isPressed = filter.states.includes(state);
      const toggle = () => {
        const others = filter.states.filter((one) => one !== state);
        change({ states: isPressed ? others : [...others, state] });
      };
      const label = `${SYMBOLS[state]} ${count.toLocaleString()} ${state}`;
      const ariaPressed = String(isPressed);
      return button(
        { dataset: { state }, ariaPressed, hidden: count === 0 && !isPressed, onclick: toggle },
        label,
      );
    });
  const focused = document.activeElement?.closest('.states [data-state]')?.dataset.state;
  find('.states').replaceChildren(...buttons);
  if (focused !== undefined) find(`.states [data-state='${focused}']`)?.focus();
}

function startTheme() {
  const root = document.documentElement;
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => (root.dataset.theme ?? (prefersDark.matches ? 'dark' : 'light')) === 'dark';
  const draw = () => {
    find('.theme').textContent = isDark() ? '☀ Light' : '☾ Dark';
  };
  find('.theme').onclick = () => {
    root.dataset.theme = isDark() ? 'light' : 'dark';
    draw();
  };
  prefersDark.onchange = draw;
  draw();
}

function listen() {
  for (const select of document.querySelectorAll('select')) {
    select.onchange = () => change({ [select.name]: select.value });
  }
  find('input').oninput = ({ target: { value } }) => change({ words: value });
  find('.clear').onclick = () => change({ ...NO_FILTER, sort: filter.sort });
  find('.chains').onclick = showChains;
  find('dialog').onclick = ({ target }) => {
    if (target === find('dialog')) target.close();
  };
  let isWaiting = false;
  const lookSoon = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => {
      isWaiting = false;
      look();
    });
  };
  find('main').addEventListener('scroll', lookSoon, { passive: true });
  addEventListener('resize', lookSoon);
  phone.onchange = redraw;
  addEventListener('hashchange', () => {
    readAddress();
    redraw();
  });
}

/** News replaces what is shown, and nothing that the reader asked for. */
function follow() {
  if (options.events === undefined) return;
  const news = new EventSource(options.events);
  news.onerror = () => {
    isCutOff = true;
    drawHeader();
  };
  news.onmessage = ({ data }) => {
    isCutOff = false;
    const { scrollTop, scrollLeft } = find('main');
    model = readModel(JSON.parse(data));
    redraw();
    find('main').scrollTo(scrollLeft, scrollTop);
  };
}

model = readModel(JSON.parse(find('#data').textContent));
readAddress();
listen();
startTheme();
redraw();
follow();
