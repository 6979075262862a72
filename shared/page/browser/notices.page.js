const SOURCES_SHOWN = 20;
const ERRORS_SHOWN = 3;
/** Sections that the reader has folded stay folded after an update. */
const folded = new Set();

/** Open at first. Draws only unfolded entries: there may be thousands, and they change with each typed key. */
function drawSection(className, summary, draw) {
  const open = !folded.has(className);
  const section = element('details', { className, open }, element('summary', {}, summary));
  const fill = () => {
    if (section.open && section.children.length === 1) section.append(...draw());
  };
  section.ontoggle = () => {
    if (section.open) folded.delete(className);
    else folded.add(className);
    fill();
  };
  fill();
  return section;
}

/** Each error of what is shown, once. */
function drawProblems({ troubles }) {
  if (troubles.size === 0) return undefined;
  // Shows problems once that differ only in the name of the release.
  const alike = Map.groupBy(troubles, ([trouble]) => {
    const { reason, remedy } = model.troubles[trouble];
    return `${reason}\n${remedy}`;
  });
  return drawSection('problems', countOf(alike.size, 'problem'), () =>
    [...alike.values()].map((some) => {
      const targets = new Set(some.flatMap(([, at]) => [...at]));
      const names = [...targets].map((target) => model.targets[target].name);
      return drawTrouble(model.troubles[some[0][0]], names);
    }),
  );
}

/** Dead letters that wait for a person, grouped by the action that fixes them, the largest group first. */
function drawDeadLetters() {
  const letters = lettersInScope(filter);
  if (letters.length === 0) return undefined;
  return drawSection('letters', countOf(letters.length, 'dead letter'), () => {
    const alike = Map.groupBy(letters, ({ reason, target }) => JSON.stringify([reason, target]));
    return [...alike.values()].toSorted((a, b) => b.length - a.length).map(drawAlike);
  });
}

function drawAlike(letters) {
  const { reason, target } = letters[0];
  const namesOfAll = (key) => [...new Set(letters.map((letter) => letter[key]))].filter(Boolean);
  const times = letters.map(({ time }) => Date.parse(time));
  const [first, last] = [Math.min(...times), Math.max(...times)].map((time) => formatTime(time));
  const sources = namesOfAll('source');
  const more = sources.length - SOURCES_SHOWN;
  return element(
    'article',
    {},
    element('h3', {}, reason, target === undefined ? '' : ` at ${target}`),
    list([
      ['Dead-lettered', first === last ? first : `${first} to ${last}`],
      ['Rules', namesOfAll('rule').join(', ')],
      ...namesOfAll('error')
        .slice(0, ERRORS_SHOWN)
        .map((error) => ['Error', error]),
      ...namesOfAll('remedy').map((remedy) => ['What to do', remedy]),
    ]),
    command(
      'dead-letters',
      'replay',
      ...(target === undefined ? [] : ['--target', target]),
      '--reason',
      reason,
    ),
    list([
      ...sources.slice(0, SOURCES_SHOWN).map((source) => ['Source', source, true]),
      ['', more > 0 ? `and ${more.toLocaleString()} more` : ''],
    ]),
  );
}
