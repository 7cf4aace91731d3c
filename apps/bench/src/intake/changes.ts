import { recordChanged, type ContactRecord } from '@samspill/contracts';
import { uuidv7, type StoredEvent } from '@samspill/eventlog';
import { streamName, type CompanyId } from '@samspill/kernel';
import { demoRecords } from '@samspill/testing/demo';

/** Records of a company, a customer and a contact person in turn. */
export function recordsOf(seed: number, count: number): Iterable<ContactRecord> {
  return demoRecords({ seed, customers: Math.ceil(count / 2), suppliers: 0, contactPersonsPerParent: 1 });
}

/** The lines of a batch as an agent sends them. */
export function ndjson(records: readonly ContactRecord[]): string {
  let lines = '';
  for (const record of records) lines += `${JSON.stringify({ op: 'put', kind: record.kind, record })}\n`;
  return lines;
}

/** The event that intake makes of a new record. */
export function eventOf(company: CompanyId, record: ContactRecord): StoredEvent {
  const { type, data } = recordChanged(
    record,
    Object.keys(record).filter((field) => field !== 'kind'),
  );
  const request = uuidv7();
  return {
    id: uuidv7(),
    stream: streamName(`contacts.${record.kind}`, company, record.number),
    version: 1,
    type,
    schemaVersion: 1,
    key: company,
    time: new Date().toISOString(),
    actor: 'user:local',
    correlationId: request,
    causationId: request,
    value: Buffer.from(JSON.stringify(data)),
  };
}
