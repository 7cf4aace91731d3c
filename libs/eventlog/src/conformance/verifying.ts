import { describe, expect, it } from '@jest/globals';
import type { LogRecord, ReceivedRecord } from '../log.js';
import { partitionOf } from '../partitioner.js';
import { companies, company, recordOf, scenes, storedEvent, type Scene } from './scene.js';
import { TOY_PARTITIONS } from './toy/toy-manifests.js';
import { account, moved, type ToyProcess } from './toy/toy-process.js';
import type { MakeWorld } from './world.js';

/** G34, G35: what was written can be proved, and whatever is not as it was written is found. */
export function describeVerifying(make: MakeWorld): void {
  describe('verifying the log', () => {
    const scene = scenes(make);

    it('G34 finds nothing wrong with what was written, repeats among it', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await write(opened, bank);
      const records = await opened.records();
      await opened.publish(opened.topic, ...records.slice(0, 3).map(asWritten));
      const verification = await bank.eventLog.verifyLog();
      expect(verification).toMatchObject({ events: records.length + 3, streams: 8, faults: 0, named: [] });
    });

    it.each<[string, (records: LogRecord[]) => LogRecord[], readonly string[]]>([
      ['a byte that was changed', changeByte, ['broken', 'not-as-stored']],
      ['an event that was taken out', (records) => without(records, (r) => r.version === 2), ['gap']],
      [
        'a beginning that was cut off',
        (records) => without(records, (r) => r.version === 1),
        ['head-missing'],
      ],
      [
        'an event that nobody wrote',
        (records) => [...records, recordOf(storedEvent(`toy.ledger/${company}/1`, 4, moved('1', 9, 'x')))],
        ['broken', 'not-as-stored'],
      ],
      ['what is no event', (records) => [...records, { ...firstOf(records), headers: {} }], ['malformed']],
    ])('G34 finds %s', async (_says, damage, kinds) => {
      const opened = await scene();
      const bank = await opened.bank();
      await write(opened, bank);
      const records = (await opened.records()).map(asWritten);
      await opened.stop(bank);
      await opened.world.recreateTopics();
      await opened.publish(opened.topic, ...damage(records));
      const later = await opened.bankConnected();
      const { named } = await later.eventLog.verifyLog();
      expect(named.map(({ kind }) => kind)).toEqual(expect.arrayContaining([...kinds]));
    });

    it('G35 finds an end that was cut off, by the event store’s word or, where that is lost too, by the log’s own', async () => {
      const opened = await scene();
      const bank = await opened.bank();
      await write(opened, bank);
      await bank.eventLog.anchor();
      await opened.published(bank);
      const records = await opened.records();
      const anchor = records.find((record) => record.header('ce_type')?.endsWith('.log.anchored'));
      if (!anchor) throw new Error('there is no anchor on the log');
      await opened.stop(bank);
      await opened.world.recreateTopics();
      // Of another partition than the anchor's the last record is missing.
      const cut = records.findLast(({ key }) => partition(key) !== partition(anchor.key));
      await opened.publish(opened.topic, ...records.filter((record) => record !== cut).map(asWritten));

      const withStore = await opened.bankConnected();
      expect(kindsOf(await withStore.eventLog.verifyLog())).toContain('end-missing');
      const empty = await opened.bankConnected({}, await opened.world.database());
      expect(kindsOf(await empty.eventLog.verifyLog())).toContain('end-missing');
    });
  });
}

/** Two streams for each company, of three events and of one. */
async function write(opened: Scene, bank: ToyProcess): Promise<void> {
  for (const each of companies) {
    for (let turn = 1; turn <= 3; turn += 1)
      await bank.append(each, 'toy.ledger', '1', moved('1', turn, `${turn}`));
    await bank.append(each, 'toy.account', '1', account('1', 'Ærø'));
  }
  await opened.published(bank);
}

function kindsOf({ named }: { readonly named: readonly { readonly kind: string }[] }): readonly string[] {
  return named.map(({ kind }) => kind);
}

function asWritten({ key, headers, value, timestampMs }: ReceivedRecord): LogRecord {
  return { key, headers, value: Buffer.from(value), timestampMs };
}

function partition(key: string): number {
  return partitionOf(key, TOY_PARTITIONS);
}

function firstOf(records: readonly LogRecord[]): LogRecord {
  const [first] = records;
  if (!first) throw new Error('nothing was written');
  return first;
}

/** Of an event that another one follows. */
function changeByte(records: LogRecord[]): LogRecord[] {
  return records.map((record) =>
    versionOf(record) === 2
      ? { ...record, value: Buffer.from(record.value.toString().replace('"amount":2', '"amount":3')) }
      : record,
  );
}

function without(records: LogRecord[], isGone: (record: { version: number }) => boolean): LogRecord[] {
  return records.filter((record) => {
    const isLedger = record.headers['ce_subject'] === `toy.ledger/${company}/1`;
    return !(isLedger && isGone({ version: versionOf(record) }));
  });
}

function versionOf(record: LogRecord): number {
  return Number(record.headers['ce_streamversion']);
}
