import { describe, expect, it } from '@jest/globals';
import { decideOn, fold } from '@samspill/kernel';
import type { CustomerRecord } from '@samspill/contracts';
import { recordDecider, type RecordCommand } from './record.decider.js';

const fjord: CustomerRecord = { kind: 'customer', number: '10', name: 'Fjord AS', phone: '22 33 44 55' };
const put = (record: CustomerRecord): RecordCommand => ({ kind: 'put', record });
const remove: RecordCommand = { kind: 'remove', recordKind: 'customer', number: '10' };

describe('a contact record', () => {
  it('C29 is created with all its fields named as changed', () => {
    expect(decideOn(recordDecider, [], put(fjord))).toEqual([
      { type: 'contacts.customer.changed', data: { record: fjord, changed: ['number', 'name', 'phone'] } },
    ]);
  });

  it('C29 names only the fields that an edit changed, added or removed', () => {
    const history = [{ type: 'contacts.customer.changed', data: { record: fjord, changed: [] } }] as const;
    const edited: CustomerRecord = {
      kind: 'customer',
      number: '10',
      name: 'Fjord Nord AS',
      email: 'post@fjord.no',
    };
    expect(
      decideOn(
        recordDecider,
        history.map((event) => ({ ...event, data: { ...event.data, changed: [] } })),
        put(edited),
      ),
    ).toEqual([
      { type: 'contacts.customer.changed', data: { record: edited, changed: ['name', 'email', 'phone'] } },
    ]);
  });

  it('says nothing when nothing differs', () => {
    const events = [{ type: 'contacts.customer.changed' as const, data: { record: fjord, changed: [] } }];
    expect(decideOn(recordDecider, events, put({ ...fjord }))).toEqual([]);
  });

  it('C29 is deleted once, and can come back', () => {
    const created = { type: 'contacts.customer.changed' as const, data: { record: fjord, changed: [] } };
    const gone = { type: 'contacts.customer.deleted' as const, data: { number: '10' } };
    expect(decideOn(recordDecider, [created], remove)).toEqual([gone]);
    expect(decideOn(recordDecider, [created, gone], remove)).toEqual([]);
    expect(decideOn(recordDecider, [], remove)).toEqual([]);
    expect(fold(recordDecider, [created, gone]).record).toBeUndefined();
    expect(decideOn(recordDecider, [created, gone], put(fjord))).toHaveLength(1);
  });

  describe('of someone who is forgotten', () => {
    const created = { type: 'contacts.customer.changed' as const, data: { record: fjord, changed: [] } };
    const gone = { type: 'contacts.customer.deleted' as const, data: { number: '10' } };
    const because = { number: '10', reason: 'case 17' };
    const forgotten = { type: 'contacts.customer.forgotten' as const, data: because };
    const lifted = { type: 'contacts.customer.forgetting-lifted' as const, data: because };
    const forget: RecordCommand = { kind: 'forget', recordKind: 'customer', ...because };
    const lift: RecordCommand = { kind: 'lift', recordKind: 'customer', ...because };

    it('is forgotten whether it is there, was deleted, or was never seen; again is harmless', () => {
      for (const history of [[], [created], [created, gone], [forgotten, lifted]])
        expect(decideOn(recordDecider, history, forget)).toEqual([forgotten]);
      expect(decideOn(recordDecider, [created, forgotten], forget)).toEqual([]);
    });

    it('keeps nothing, refuses what is sent again, and takes a deletion for what is so already', () => {
      expect(fold(recordDecider, [created, forgotten])).toEqual({ record: undefined, isForgotten: true });
      const refused = decideOn(recordDecider, [created, forgotten], put(fjord));
      expect(refused).toMatchObject({ kind: 'rejection', code: 'record.forgotten' });
      expect(JSON.stringify(refused)).not.toContain(fjord.name);
      expect(decideOn(recordDecider, [created, forgotten], remove)).toEqual([]);
    });

    it('comes in again as a new record when it has been lifted, and only what is forgotten can be', () => {
      expect(decideOn(recordDecider, [created, forgotten], lift)).toEqual([lifted]);
      expect(decideOn(recordDecider, [created], lift)).toEqual([]);
      expect(decideOn(recordDecider, [created, forgotten, lifted], put(fjord))).toEqual([
        { type: 'contacts.customer.changed', data: { record: fjord, changed: ['number', 'name', 'phone'] } },
      ]);
    });
  });
});
