import type {
  ReactorAnswer,
  RedeliveryAnswer,
  RedeliveryPreviewAnswer,
  UndeliveredAnswer,
} from '@samspill/platform/answers';
import { count } from './quantities.js';
import { indented, table } from './table.js';

/** Companies that wait are many when the other side is down. */
const WAITS_SHOWN = 10;

export function reactorTable(reactors: readonly ReactorAnswer[]): readonly string[] {
  const numbers = ['TO DELIVER', 'REFUSED', 'DELIVERED', 'PER SECOND', 'LAG'];
  return table(
    [
      { title: 'REACTOR' },
      { title: 'STATE' },
      ...numbers.map((title) => ({ title, align: 'right' as const })),
      { title: 'LAST DELIVERED' },
    ],
    reactors.map((reactor) => [
      reactor.name,
      reactor.state,
      count(reactor.toDeliver),
      count(reactor.refused),
      count(reactor.confirmed),
      reactor.deliveriesPerSecond.toFixed(1),
      count(reactor.lag),
      reactor.lastDeliveredAt ?? 'never',
    ]),
  );
}

/** What keeps reactors from delivering: who holds them, what they wait for, until when. */
export function reactorReasons(reactors: readonly ReactorAnswer[]): readonly string[] {
  return reactors.flatMap(({ name, state, reason, held, waits }) => {
    if (held) return [`${name} is held since ${held.since} by ${held.by}: ${held.reason}`];
    const lines = waits
      .slice(0, WAITS_SHOWN)
      .map(
        ({ key, until, code, words, failures }) =>
          `${key} until ${until}, after ${count(failures)} failed: ${code}, «${words}»`,
      );
    const more =
      waits.length > WAITS_SHOWN ? [`and ${count(waits.length - WAITS_SHOWN)} more companies`] : [];
    if (lines.length > 0) return [`${name} waits for`, ...indented([...lines, ...more])];
    return state === 'running' ? [] : [`${name} is ${state}: ${reason ?? ''}`];
  });
}

export function undeliveredTable(deliveries: UndeliveredAnswer['deliveries']): readonly string[] {
  return table(
    ['THING', 'EVENT', 'ATTEMPTS', 'CODE', 'WORDS OF THE OTHER SIDE'].map((title) => ({ title })),
    deliveries.map(({ thing, stream, version, attempts, code, words }) => [
      thing,
      `${stream}@${version}`,
      count(attempts),
      code,
      words.replaceAll(/\s+/g, ' '),
    ]),
  );
}

/** @param verifies whether the other side is asked about what it is said to have */
export function previewLines(preview: RedeliveryPreviewAnswer, verifies: boolean): readonly string[] {
  const { events, things, confirmed, waiting, outOfDate, toDeliver, samples } = preview;
  return [
    `${count(events)} events, about ${count(things)} things:`,
    ...indented([
      `${count(toDeliver)} would be delivered${samples.length === 0 ? '' : `, such as ${samples.join(', ')}`}`,
      `${count(confirmed)} are there in this version or a later one, and are ${verifies ? 'asked about: what is missing there is sent' : 'not sent'}`,
      `${count(waiting)} are still to be delivered anyway`,
      `${count(outOfDate)} have a later version, and are not sent`,
    ]),
  ];
}

export function redeliveryTable(redeliveries: readonly RedeliveryAnswer[]): readonly string[] {
  return table(
    ['REDELIVERY', 'ASKED FOR', 'BY', 'STATE', 'REASON'].map((title) => ({ title })),
    redeliveries.map(({ id, requestedAt, by, ended, reason }) => [
      id,
      requestedAt,
      by,
      ended
        ? `${count(ended.toDeliver)} of ${count(ended.things)} things put up for delivery at ${ended.at}`
        : 'waiting',
      reason,
    ]),
  );
}
