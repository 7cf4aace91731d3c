import { describe, expect, it } from '@jest/globals';
import { summaryOf } from './statements.js';

describe('the name of a statement’s span', () => {
  it.each([
    ['SELECT id FROM eventlog.event WHERE stream = $1', 'SELECT eventlog.event'],
    ['\n  INSERT INTO eventlog.outbox (id) SELECT unnest($1::uuid[])', 'INSERT eventlog.outbox'],
    ['UPDATE eventlog.checkpoint SET next_offset = $1', 'UPDATE eventlog.checkpoint'],
    ['DELETE FROM "read"', 'DELETE read'],
    ['WITH known AS (SELECT 1) SELECT * FROM known', 'WITH known'],
    ['SELECT 1', 'SELECT'],
    ['BEGIN', 'BEGIN'],
    ['', 'STATEMENT'],
  ])('says what is done to what: %s', (statement, summary) => {
    expect(summaryOf(statement)).toBe(summary);
  });
});
