import type { KeysAnswer, KeysCheckLine, KeysRotationLine } from '@samspill/platform/answers';
import { count } from './quantities.js';
import { indented, table } from './table.js';

type Ended<Line> = Exclude<Line, { kind: 'progress' }>;

/** Whether nobody needs another master key than the first one, and keys come in. */
export function isSettled({ masterKeys: [first], counts, failing }: KeysAnswer): boolean {
  return (
    failing === undefined && counts.every(({ state, master }) => state === 'forgotten' || master === first)
  );
}

/** @param addressing options with which a command reaches the same services */
export function keysLines(service: string, answer: KeysAnswer, addressing: string): readonly string[] {
  const { topic, masterKeys, counts, toRotate, failing } = answer;
  const [first = 'none', ...others] = masterKeys;
  const rows = counts.map(({ topic: of, state, master = '', keys }) => [
    of,
    state,
    master !== '' && !masterKeys.includes(master) ? `${master} WAS NOT GIVEN` : master,
    count(keys),
  ]);
  const titles = ['KEYS OF', 'STATE', 'MASTER KEY'].map((title) => ({ title }));
  const rotate = `samspill keys rotate --service ${service} --reason "…"${addressing}`;
  return [
    `${service}  ${topic}`,
    ...indented([
      `master keys  ${[`${first} (seals)`, ...others].join(', ')}`,
      ...(rows.length === 0
        ? ['no keys yet']
        : table([...titles, { title: 'KEYS', align: 'right' as const }], rows)),
      ...(failing === undefined ? [] : [`KEYS DO NOT COME IN: ${failing}`]),
      ...(toRotate === 0 ? [] : [`${count(toRotate)} of its own are to be sealed with ${first}: ${rotate}`]),
    ]),
  ];
}

/** `contacts  500 of 1,204 keys` */
export function keysProgress(
  service: string,
  { done, total }: { readonly done: number; readonly total: number },
  of: 'events' | 'keys',
): string {
  return `${service}  ${count(done)} of ${count(total)} ${of}`;
}

export function checkLines(service: string, end: Ended<KeysCheckLine>): readonly string[] {
  if (end.kind === 'failed') return [`${service}: could not be read to its end: ${end.detail}`];
  const { events, sealed, missing, named } = end;
  const what = `${count(events)} events, ${count(sealed.kept)} sealed, ${count(sealed.forgotten)} of forgotten people`;
  if (missing === 0) return [`${service}: every key is there and opens (${what})`];
  const rows = named.map(({ key, topic, partition, offset, problem }) => [
    key,
    PROBLEMS[problem],
    `${topic}:${partition}:${offset}`,
  ]);
  return [
    `${service}: ${count(missing)} KEYS ARE MISSING OR DO NOT OPEN (${what})`,
    ...indented(table([{ title: 'KEY' }, { title: 'PROBLEM' }, { title: 'AN EVENT' }], rows)),
    ...(missing > named.length ? [`  and ${count(missing - named.length)} more`] : []),
  ];
}

export function rotationLines(
  service: string,
  end: Ended<KeysRotationLine>,
  addressing: string,
): readonly string[] {
  if (end.kind === 'failed')
    return [`${service}: broken off: ${end.detail} What was sealed anew stays so; begin again.`];
  const { masterKey, rotated, left } = end;
  const done = `${service}: ${count(rotated)} keys sealed with ${masterKey}`;
  if (left === 0) return [`${done}; no key of its own is sealed with another one`];
  return [
    `${done}; ${count(left)} ARE SEALED WITH ANOTHER ONE STILL. Begin again; if they stay, see samspill keys status --service ${service}${addressing} and keys check`,
  ];
}

const PROBLEMS = {
  absent: 'is not there',
  'master-key-missing': 'its master key was not given',
  damaged: 'does not open',
} as const;
