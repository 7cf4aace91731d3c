import type { AuditEntryAnswer } from '@samspill/platform/answers';
import { count } from './quantities.js';
import { table } from './table.js';

/** @param entries with the service that each is of */
export function auditTable(
  entries: readonly { readonly service: string; readonly entry: AuditEntryAnswer }[],
): readonly string[] {
  const titles = ['TIME', 'SERVICE', 'WHO', 'WHAT', 'OF', 'COUNTS', 'BECAUSE', 'OPERATION'];
  return table(
    titles.map((title) => ({ title })),
    entries.map(({ service, entry }) => [
      entry.at,
      service,
      entry.actor,
      `${entry.kind} ${entry.step}${entry.failure === undefined ? '' : ` (${entry.failure})`}`,
      Object.entries(entry.scope)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
      Object.entries(entry.counts)
        .map(([name, value]) => `${count(value)} ${name}`)
        .join(', '),
      entry.reason ?? '',
      entry.operation,
    ]),
  );
}
