import { isContactKind, parseRecord, type ContactKind, type ContactRecord } from '@samspill/contracts';
import { isRejection, viewName } from '@samspill/kernel';
import type { ClientBase } from 'pg';
import { directoryProjection } from '../directory/directory.projection.js';
import { recordDecider } from '../record/record.decider.js';

/** Enough for a person to see whether it is the right file. */
const SAMPLES_MAX = 20;

/** The first of each action, by the steps' primary key; names come from the file, or from the directory for what goes. */
const SAMPLES_SQL = `
  SELECT a.action, s.kind, s.reference AS number, e.record AS after, d.record AS before
  FROM unnest(ARRAY['create', 'change', 'delete']) AS a (action)
  CROSS JOIN LATERAL (
    SELECT * FROM contacts.resync_step t WHERE t.resync = $1 AND t.action = a.action ORDER BY t.step LIMIT ${SAMPLES_MAX}) s
  LEFT JOIN contacts.resync_entry e ON e.resync = $1 AND e.line = s.line AND e.part = s.part
  LEFT JOIN read.${viewName(directoryProjection)} d ON d.company = $2 AND d.kind = s.kind AND d.number = s.reference
  ORDER BY s.step`;

interface SampleRow {
  readonly action: 'create' | 'change' | 'delete';
  readonly kind: string;
  readonly number: string;
  readonly after: unknown;
  readonly before: unknown;
}

/** A record that would be created, changed or deleted. */
export interface Sample {
  readonly kind: ContactKind;
  readonly number: string;
  readonly name: string;
  /** Which fields would change; for changed records. */
  readonly fields?: readonly string[];
}

export interface PreviewSamples {
  readonly created: readonly Sample[];
  readonly changed: readonly Sample[];
  readonly deleted: readonly Sample[];
}

/** Some of what a planned resync would do, for the preview. */
export async function previewSamples(
  client: ClientBase,
  resync: string,
  company: string,
): Promise<PreviewSamples> {
  const { rows } = await client.query<SampleRow>(SAMPLES_SQL, [resync, company]);
  const of = (action: SampleRow['action']): readonly Sample[] =>
    rows.filter((row) => row.action === action).flatMap(sampleOf);
  return { created: of('create'), changed: of('change'), deleted: of('delete') };
}

function sampleOf({ action, kind, number, after, before }: SampleRow): readonly Sample[] {
  if (!isContactKind(kind)) return [];
  const record = read(kind, after);
  const known = read(kind, before);
  const sample = { kind, number, name: record?.name ?? known?.name ?? '' };
  if (action !== 'change' || !record) return [sample];
  const events = recordDecider.decide({ kind: 'put', record }, { record: known, isForgotten: false });
  const fields = isRejection(events)
    ? []
    : events.flatMap(({ data }) => ('changed' in data ? data.changed : []));
  return [{ ...sample, fields }];
}

function read(kind: ContactKind, json: unknown): ContactRecord | undefined {
  const parsed = parseRecord(kind, json);
  return parsed.ok ? parsed.record : undefined;
}
