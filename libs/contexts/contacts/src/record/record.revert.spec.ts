import { describe, expect, it } from '@jest/globals';
import type { CustomerRecord, RecordEvent } from '@samspill/contracts';
import { isCompanyId, isRejection, type Recorded } from '@samspill/kernel';
import { contactsReverting } from '../contacts.reverting.js';
import { recordStream } from './record.decider.js';
import { recordReverts } from './record.revert.js';

const company = '01989a2e-0000-7000-8000-000000000001';
if (!isCompanyId(company)) throw new Error('not a company');
const stream = recordStream(company, 'customer', 'A/7');
const meta = {
  id: 'the event',
  stream,
  version: 1,
  key: company,
  time: '2026-03-01T12:00:00.000Z',
  actor: 'agent:erp' as const,
  correlationId: 'a request',
  causationId: 'a request',
};
const was: CustomerRecord = { kind: 'customer', number: 'A/7', name: 'Fjord AS' };
const is: CustomerRecord = { kind: 'customer', number: 'A/7', name: 'Feil AS', phone: '22 33 44 55' };
const changed = (record: CustomerRecord): Recorded<RecordEvent> => ({
  type: 'contacts.customer.changed',
  data: { record, changed: [] },
  meta,
});
const deleted: Recorded<RecordEvent> = { type: 'contacts.customer.deleted', data: { number: 'A/7' }, meta };
const rule = recordReverts('customer');

describe('a record that is reverted', () => {
  it('is put as it was', () => {
    expect(rule.decide(stream, [changed(was)], [changed(is)])).toEqual({
      does: 'put-back',
      events: [{ type: 'contacts.customer.changed', data: { record: was, changed: ['name', 'phone'] } }],
    });
  });

  it('is made again where it was deleted', () => {
    expect(rule.decide(stream, [changed(was)], [deleted])).toMatchObject({
      does: 'make-again',
      events: [{ data: { record: was } }],
    });
  });

  it.each([[[]], [[deleted]]])('is removed where it was not there (%j)', (then) => {
    expect(rule.decide(stream, then, [changed(is)])).toEqual({
      does: 'remove',
      events: [{ type: 'contacts.customer.deleted', data: { number: 'A/7' } }],
    });
  });

  it.each([
    [[changed(was)], [changed(was)]],
    [[], [deleted]],
  ])('is left alone where it is as it was', (then, now) => {
    expect(rule.decide(stream, then, now)).toEqual({ does: 'nothing' });
  });
});

describe('an import that is reverted', () => {
  const cause = (...events: readonly Recorded[]): unknown => {
    const found = contactsReverting.imports?.cause(events, 'i1');
    return isRejection(found) ? found.code : found;
  };
  const of = (verb: string, id: string): Recorded => ({
    type: `contacts.resync.${verb}`,
    data: {},
    meta: { ...meta, id },
  });

  it('is known by its confirmation, which has caused what it did', () => {
    expect(cause(of('started', 'a'), of('confirmed', 'b'), of('completed', 'c'))).toEqual({
      company,
      causationId: 'b',
    });
  });

  it('has to be there, to have run, and to have ended', () => {
    expect(cause()).toBe('revert.import-not-found');
    expect(cause(of('started', 'a'), of('cancelled', 'b'))).toBe('revert.import-conflict');
    expect(cause(of('started', 'a'), of('confirmed', 'b'))).toBe('revert.import-conflict');
  });
});
