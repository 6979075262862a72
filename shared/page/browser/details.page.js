function openDialog(title, ...content) {
  const dialog = find('dialog');
  const heading = element(
    'div',
    { className: 'title' },
    element('h2', { id: 'title' }, title),
    button({ ariaLabel: 'Close', onclick: () => dialog.close() }, '✕'),
  );
  dialog.replaceChildren(heading, ...content.filter((one) => one !== undefined));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

/** Some copies of a release, those that are well at the end and without words. */
function showRelease({ release, copies }) {
  const about = list([
    ['Source', release.source, true],
    ['Uploaded', release.uploaded && formatTime(release.uploaded * 1000)],
    ['Size', release.bytes && formatBytes(release.bytes)],
    ['Digest', release.digest, true],
  ]);
  const known = copies.map((copy) => copyOf(release, copy));
  const well = known.filter(({ state }) => state === 'current');
  const others = known.filter(({ state }) => state !== 'current');
  const repairable = others.filter(
    ({ state, trouble, target }) => isDrifting(state) && !trouble && !target.paused,
  );
  const all = copies.length === release.shape.targets.length;
  const names = [...new Set(repairable.map(({ target }) => target.name))].join();
  const only = all ? [] : ['--target', names];
  const repair =
    repairable.length > 1 ? command('republish', release.source, ...only, '--yes') : undefined;
  const shown = copies.length > 1 ? others : known;
  openDialog(
    release.name,
    about,
    repair,
    ...shown.slice(0, DETAILS_SHOWN).map((copy) => drawCopy(release, copy)),
    shown.length > DETAILS_SHOWN
      ? element('p', {}, `and ${countOf(shown.length - DETAILS_SHOWN, 'organization')} more`)
      : undefined,
    copies.length > 1 && well.length > 0 ? drawWell(well) : undefined,
  );
}

const DETAILS_SHOWN = 50;

function drawWell(copies) {
  const items = copies.map(({ target, deliveredAt, took }) =>
    element(
      'li',
      {},
      target.name,
      deliveredAt === undefined ? '' : ` · ${delivery(deliveredAt, took)}`,
    ),
  );
  const summary = element(
    'summary',
    {},
    `${countOf(copies.length, 'organization')} ${copies.length === 1 ? 'has' : 'have'} it`,
  );
  return element('article', {}, element('details', {}, summary, element('ul', {}, ...items)));
}

function drawCopy(
  release,
  { target, rule, state, destination, digest, held, trouble, why, deliveredAt, took },
) {
  return element(
    'article',
    {},
    element('h3', {}, target.name, badge(state), target.paused ? `(${target.paused})` : undefined),
    list([
      ['Destination', destination, true],
      ['Should hold', digest, true],
      ['Holds', held, true],
      ['Delivered', deliveredAt && delivery(deliveredAt, took)],
      ['Rule', rule],
      ['Why', why?.why],
      ['Since', why?.since && formatTime(why.since)],
      ['Next', why?.next && formatTime(why.next)],
      ['Reason', (trouble ?? why)?.reason],
      ['Error', (trouble ?? why)?.error],
      ['What to do', (trouble ?? why)?.remedy],
    ]),
    remedyFor(release, { target, rule, state, trouble }),
  );
}

function delivery(deliveredAt, took) {
  return formatTime(deliveredAt) + (took === undefined ? '' : `, in ${formatDuration(took)}`);
}

function isDrifting(state) {
  return model.drifting[model.states.indexOf(state)];
}

/** What a person runs about one copy. */
function remedyFor({ source }, { target, rule, state, trouble }) {
  if (state === 'current') return undefined;
  if (trouble?.reason === 'unproven') return command('statements', source);
  if (!isDrifting(state)) return command('explain', source);
  if (state === 'unreachable') return command('doctor', '--target', target.name);
  if (trouble !== undefined) return command('explain', source);
  return command('republish', source, '--target', target.name, '--rule', rule, '--yes');
}

function showTarget(at, column) {
  const { name, places, paused } = model.targets[at];
  const { held, wanted, drift } = column;
  const about = list([
    ...Object.values(places).map((place) => ['Place', place, true]),
    [
      'Groups',
      model.groups
        .filter(({ targets }) => targets.includes(at))
        .map((group) => group.name)
        .join(', '),
    ],
    [
      'Holds',
      `${held.toLocaleString()} of ${wanted.toLocaleString()}${paused ? ` (${paused})` : ''}`,
    ],
  ]);
  const causes = [...view.troubles].filter(([, targets]) => targets.has(at));
  const isDown = causes.some(([trouble]) => isAboutTarget(model.troubles[trouble]));
  openDialog(
    name,
    about,
    element(
      'div',
      { className: 'command' },
      button({ onclick: () => change({ target: name }) }, `Show ${name} alone`),
    ),
    drift > 0 ? command('doctor', '--target', name) : undefined,
    drift > 0 && !isDown ? command('backfill', '--target', name, '--yes') : undefined,
    ...causes.map(([trouble]) => drawTrouble(model.troubles[trouble])),
  );
}

/** Only the organization itself can fix it. */
function isAboutTarget({ reason }) {
  return /^target-|^network$|unavailable$/.test(reason);
}

function drawTrouble({ reason, error, remedy }, names = []) {
  return element(
    'article',
    {},
    list([
      ['Reason', reason],
      ['At', namesOf(names)],
      ['Error', error],
      ['What to do', remedy],
    ]),
    names.length > 0 ? command('doctor', '--target', names.slice(0, 20).join(',')) : undefined,
  );
}

function showChains() {
  openDialog(
    'Through hubs',
    element('pre', {}, ...model.chains.flatMap((line) => [line, document.createElement('br')])),
  );
}
