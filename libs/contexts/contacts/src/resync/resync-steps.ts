import { isContactKind, parseRecord, type ContactKind, type ContactRecord } from '@samspill/contracts';
import type { Database } from '@samspill/eventlog';
import type { CellFault } from '../csv/contacts-csv.js';
import type { RecordDesk, RecordReference } from '../intake/record-desk.js';

/** Both by primary key: steps in order, and the entry of each. */
const STEPS_SQL = `
  SELECT s.step, s.action, s.kind, s.reference, s.line, e.number, e.record, e.faults, e.sent
  FROM contacts.resync_step s
  LEFT JOIN contacts.resync_entry e ON e.resync = s.resync AND e.line = s.line AND e.part = s.part
  WHERE s.resync = $1 AND s.step > $2
  ORDER BY s.step LIMIT $3`;

interface StepRow {
  readonly step: number;
  readonly action: 'create' | 'change' | 'resolve' | 'reject' | 'delete' | 'clear';
  readonly kind: string;
  readonly reference: string;
  readonly line: number | null;
  readonly number: string | null;
  readonly record: unknown;
  readonly faults: readonly CellFault[] | null;
  readonly sent: Readonly<Record<string, unknown>> | null;
}

/** One thing that a resync has to do. */
export type Step = RecordReference & { readonly step: number } & (
    | { readonly does: 'put'; readonly line: number; readonly record: ContactRecord }
    | {
        readonly does: 'reject';
        readonly line: number;
        readonly number: string | undefined;
        readonly faults: readonly CellFault[];
        readonly sent: Readonly<Record<string, unknown>>;
      }
    | { readonly does: 'remove' }
  );

/** The next steps of a resync after one, in order; none where all are done. */
export async function nextSteps(
  database: Database,
  resync: string,
  after: number,
  limit: number,
): Promise<readonly Step[]> {
  const values = [resync, after, limit];
  const { rows } = await database.withClient((client) =>
    client.query<StepRow>({ name: 'contacts-resync-steps', text: STEPS_SQL, values }),
  );
  return rows.map(readStep);
}

function readStep({ step, action, kind, reference, line, number, record, faults, sent }: StepRow): Step {
  if (!isContactKind(kind)) throw new TypeError(`step ${step} is of kind ${kind}`);
  const about = { step, kind, reference };
  if (action === 'delete' || action === 'clear') return { ...about, does: 'remove' };
  // What was good when it was planned is not any more where the person has been forgotten since.
  if (faults !== null) {
    return {
      ...about,
      does: 'reject',
      line: line ?? 0,
      number: number ?? undefined,
      faults,
      sent: sent ?? {},
    };
  }
  // A record is its own canonical form; this gives back the order of its keys, which the database does not keep.
  const parsed = parseRecord(kind, record);
  if (!parsed.ok) throw new TypeError(`step ${step} holds no record`);
  return { ...about, does: 'put', line: line ?? 0, record: parsed.record };
}

/** What steps came to, by kind. */
export interface StepCounts {
  readonly kind: ContactKind;
  created: number;
  changed: number;
  deleted: number;
}

/**
 * Does steps at an open desk. A record that changed after the snapshot began is left as it is: the snapshot does not know it.
 *
 * @param startedAt when the snapshot began, RFC 3339
 */
export function doSteps(
  desk: RecordDesk,
  steps: readonly Step[],
  resync: string,
  startedAt: string,
): readonly StepCounts[] {
  const counts = new Map<ContactKind, StepCounts>();
  for (const step of steps) {
    if (step.does === 'reject') {
      const { kind, number, reference, line, sent } = step;
      const faults = step.faults.map(({ pointer, code, detail, column }) => ({
        pointer,
        code,
        detail: column === undefined ? detail : `${column}: ${detail}`,
      }));
      desk.reject({
        kind,
        number,
        reference,
        faults,
        change: sent,
        source: { kind: 'import', id: resync, line },
      });
      continue;
    }
    if ((desk.lastChanged(step.kind, step.reference) ?? '') > startedAt) continue;
    const outcome = step.does === 'put' ? desk.put(step.record) : desk.remove(step.kind, step.reference);
    if (step.does === 'put' && outcome === 'forgotten') {
      const { kind, reference, line } = step;
      const source = { kind: 'import', id: resync, line } as const;
      desk.reject({ kind, number: reference, reference, faults: [], change: {}, source });
    }
    if (outcome === 'unchanged' || outcome === 'forgotten') continue;
    const ofKind = counts.get(step.kind) ?? { kind: step.kind, created: 0, changed: 0, deleted: 0 };
    ofKind[outcome] += 1;
    counts.set(step.kind, ofKind);
  }
  return [...counts.values()];
}
