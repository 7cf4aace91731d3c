import { describe, expect, it } from '@jest/globals';
import { recordForgettingLifted, recordForgotten, type ForgettingEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import { directoryProjection } from '../directory/directory.projection.js';
import { forgottenProjection } from './forgotten.projection.js';

const COMPANY = '01989a2e-0000-7000-8000-000000000001';
const recorded = <Event extends ForgettingEvent>(event: Event): Recorded<Event> => ({
  ...event,
  meta: {
    id: '01989a2e-0000-7000-8000-000000000002',
    stream: `contacts.contact-person/${COMPANY}/A%2F7`,
    version: 2,
    key: COMPANY,
    time: '2026-03-01T12:00:00.000Z',
    actor: 'user:local',
    correlationId: 'c',
    causationId: 'c',
  },
});
const forgotten = recorded(recordForgotten('contact-person', 'A/7', 'case 17'));
const lifted = recorded(recordForgettingLifted('contact-person', 'A/7', 'case 18'));

describe('a person who is forgotten', () => {
  it('stands among the forgotten by the record, until that is lifted', () => {
    const key = { company: COMPANY, kind: 'contact-person', number: 'A/7' };
    expect(forgottenProjection.key(forgotten)).toEqual(key);
    expect(forgottenProjection.project(undefined, forgotten)).toEqual({
      ...key,
      forgotten_at: '2026-03-01T12:00:00.000Z',
      forgotten_by: 'user:local',
      reason: 'case 17',
    });
    expect(forgottenProjection.key(lifted)).toEqual(key);
    expect(forgottenProjection.project(undefined, lifted)).toBeUndefined();
  });

  it('has no row in the directory, forgotten or let in again', () => {
    for (const event of [forgotten, lifted]) {
      expect(directoryProjection.key(event)).toEqual({
        company: COMPANY,
        kind: 'contact-person',
        number: 'A/7',
      });
      expect(directoryProjection.project(undefined, event)).toBeUndefined();
      expect(directoryProjection.reads).toContain(event.type);
    }
  });
});
