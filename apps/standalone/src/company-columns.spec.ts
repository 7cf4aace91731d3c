import { describe, expect, it } from '@jest/globals';
import { contactsContext } from '@samspill/context-contacts';
import { crmContext } from '@samspill/context-crm';
import { identityContext } from '@samspill/context-identity';

/** A table that names none has no row-level security (ADR 29). Whoever adds one for what is no company's names it here, with the reason. */
const OF_NO_COMPANY: readonly string[] = [];

describe('read tables of all contexts', () => {
  it('G85 name the column that keeps companies apart', () => {
    const projections = [contactsContext, crmContext, identityContext].flatMap(
      ({ manifest }) => manifest.projections,
    );
    const unnamed = projections.filter(({ table }) => table.company === undefined).map(({ name }) => name);
    expect(projections.length).toBeGreaterThan(0);
    expect(unnamed).toEqual(OF_NO_COMPANY);
    const besides = projections.filter(
      ({ table }) => 'company' in table.columns && table.company !== 'company',
    );
    expect(besides).toEqual([]);
  });
});
