import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { intakeEvents } from './contacts/intake-events.js';
import { recordEvents, rejectionEvents } from './contacts/record-events.js';
import { linkEvents } from './crm/link-events.js';
import { orderEvents, orderIntakeEvents } from './crm/order-events.js';
import { logEvents } from './log-events.js';
import { reactorEvents } from './reactor-events.js';
import { EventCatalogue, type EventDefinition } from './event-definition.js';
import { companyEvents } from './identity/company.js';
import { companySetUpEvents } from './identity/company-set-up.js';
import { accessEvents } from './identity/access.js';
import { userEvents } from './identity/user.js';
import { employeeEvents } from './identity/employee.js';
import { erpUserEvents } from './identity/erp-user.js';

/** Events as they were once published. A file is never changed; a new version of an event comes with a file of its own. */
const GOLDEN = join(import.meta.dirname, '..', 'golden');

const goldenFile = z.strictObject({
  type: z.string(),
  version: z.int().min(1),
  samples: z
    .array(
      z.strictObject({
        says: z.string(),
        data: z.unknown(),
        /** What it is read as today, where that is not as it was written: after upcasting from an older version. */
        becomes: z.unknown().optional(),
      }),
    )
    .min(1),
});

const definitions: readonly EventDefinition[] = [
  // Locks of users are events of users and of access.
  ...new Set<EventDefinition>([...accessEvents, ...userEvents]),
  ...companyEvents,
  ...companySetUpEvents,
  ...employeeEvents,
  ...erpUserEvents,
  ...recordEvents,
  ...rejectionEvents,
  ...intakeEvents,
  ...linkEvents,
  ...orderEvents,
  ...orderIntakeEvents,
  ...['identity', 'contacts', 'crm'].flatMap(logEvents),
  ...reactorEvents('crm'),
];
const catalogue = new EventCatalogue(definitions);

const files = readdirSync(GOLDEN).map((fileName) => ({
  fileName,
  golden: goldenFile.parse(JSON.parse(readFileSync(join(GOLDEN, fileName), 'utf8'))),
}));

describe('golden samples', () => {
  it('are there for every version of every event', () => {
    const published = definitions.flatMap(({ type, version }) =>
      Array.from({ length: version }, (_, index) => `${type}.v${index + 1}.json`),
    );
    expect(files.map(({ fileName }) => fileName).sort()).toEqual(published.sort());
  });

  it('are in the file that is named for them', () => {
    for (const { fileName, golden } of files) expect(fileName).toBe(`${golden.type}.v${golden.version}.json`);
  });

  const samples = files.flatMap(({ golden }) => golden.samples.map((sample) => ({ ...sample, ...golden })));
  it.each(samples)('of $type v$version $says can be read', ({ type, version, data, becomes }) => {
    expect(catalogue.decode(type, version, JSON.stringify(data))).toEqual({
      kind: 'event',
      data: becomes ?? data,
    });
  });
});
