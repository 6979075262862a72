const options = JSON.parse(find('#options').textContent);
/** Of the page that is looked at; replaced as a whole when there is news. */
let model;

/** What the data says, so that a million copies can be looked through between two pictures. */
function readModel(data) {
  const worst = Object.keys(SYMBOLS);
  const rankOf = data.states.map((state) => worst.indexOf(state));
  const shapes = data.shapes.map((flat) => {
    const byTarget = new Map();
    const [targets, rules] = [[], []];
    for (let at = 0; at < flat.length; at += 2) {
      const copy = at / 2;
      targets.push(flat[at]);
      rules.push(flat[at + 1]);
      byTarget.set(flat[at], [...(byTarget.get(flat[at]) ?? []), copy]);
    }
    return { targets, rules, byTarget, all: targets.map((_, copy) => copy) };
  });
  const releases = data.releases.map((release) => {
    const heading = data.headings[release.heading];
    const { special, digest = '', tag } = release;
    const name = heading.image + heading.separator + tag;
    const source = heading.source + heading.separator + tag;
    const more = Object.values(special ?? {}).flatMap((one) => [one.digest, one.held]);
    return {
      ...release,
      name,
      source,
      shape: shapes[release.shape],
      text: [name, source, digest, ...more].join(' ').toLowerCase(),
    };
  });
  return {
    ...data,
    releases,
    bySource: new Map(releases.map((release) => [release.source, release])),
    rankOf,
    current: data.states.indexOf('current'),
    chips: [...data.states, 'paused'],
  };
}

/** The position of its state. */
function codeOf(release, copy) {
  return release.states.charCodeAt(copy) - 48;
}

/** The position of the chip that counts it: its state, or `paused` where it differs at a paused target. */
function chipOf(release, copy) {
  const code = codeOf(release, copy);
  const isPaused = model.drifting[code] && model.targets[release.shape.targets[copy]].paused;
  return isPaused ? model.states.length : code;
}

function stateOf(release, copy) {
  return model.states[codeOf(release, copy)];
}

/** The worst of several copies of a release. */
function worstOf(release, copies) {
  const { rankOf } = model;
  const rank = (copy) => rankOf[codeOf(release, copy)];
  return copies.reduce((worst, copy) => (rank(copy) < rank(worst) ? copy : worst));
}

/** All that is known of one copy. */
function copyOf(release, copy) {
  const target = model.targets[release.shape.targets[copy]];
  const special = release.special?.[copy] ?? {};
  return {
    target,
    state: stateOf(release, copy),
    rule: model.rules[release.shape.rules[copy]],
    destination: `${target.places[release.kind] ?? ''}/${release.path}`,
    digest: release.digest,
    ...special,
    trouble: model.troubles[special.trouble],
    why: model.reasons[special.why],
    ...deliveryOf(release, copy),
  };
}

/** When a copy was delivered, and how many seconds after the upload, as far as that is known. */
function deliveryOf({ delivered, uploaded }, copy) {
  const seconds = delivered?.[copy];
  if (seconds === undefined || seconds === null) return {};
  if (uploaded === undefined) return { deliveredAt: seconds * 1000 };
  return {
    deliveredAt: (uploaded + seconds) * 1000,
    ...(seconds >= 0 && { took: seconds }),
  };
}
