import { CONTACT_KINDS, isContactKind, type RecordEvent, type RejectionEvent } from '@samspill/contracts';
import type { CommandContext, EventLog, Unit } from '@samspill/eventlog';
import { parseStream, PlatformError, streamName, type CompanyId, type Recorded } from '@samspill/kernel';
import type { RecordReference } from '../intake/record-desk.js';
import { fieldTexts, type FieldText } from './field-text.js';
import { recordHistory } from './record-history.js';

/** Streams whose events are read in one go: few enough to hold, many enough for one query to pay. */
const STREAMS_AT_ONCE = 200;

/** Everything that events say of one record. */
export interface PastTexts extends RecordReference {
  readonly texts: readonly FieldText[];
}

/** What all events of a company's records, and of changes of them that were refused, say and once said; but of those who are forgotten. */
export async function* pastTexts(
  eventLog: Pick<EventLog, 'transact'>,
  company: CompanyId,
  context: CommandContext,
): AsyncGenerator<PastTexts> {
  const categories = [...CONTACT_KINDS.map((kind) => `contacts.${kind}`), 'contacts.rejection'];
  for (const category of categories) {
    const under = streamName(category, company);
    for (let after: string | undefined; ;) {
      const page: Page = await eventLog.transact(context, (unit) => readPage(unit, under, after));
      for (const [stream, events] of page.histories) yield* textsOf(stream, events);
      if (page.last === undefined) break;
      after = page.last;
    }
  }
}

interface Page {
  readonly histories: readonly (readonly [stream: string, events: readonly Recorded[]])[];
  /** Undefined where there are no more streams. */
  readonly last: string | undefined;
}

async function readPage(unit: Unit, under: string, after: string | undefined): Promise<Page> {
  const streams = await unit.streamsUnder(under, after, STREAMS_AT_ONCE);
  const last = streams.at(-1);
  try {
    return { histories: [...(await unit.histories(streams))], last };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const histories: [string, readonly Recorded[]][] = [];
    for (const stream of streams) {
      try {
        histories.push([stream, await unit.load(stream)]);
      } catch (fault) {
        // What cannot be read is shown as such where the record is asked for; its row may be found still.
        if (!isUnreadable(fault)) throw fault;
      }
    }
    return { histories, last };
  }
}

function* textsOf(stream: string, events: readonly Recorded[]): Generator<PastTexts> {
  const { category, parts } = parseStream(stream);
  // The catalogue has checked each event against the schema of its type; streams hold the events of their category only.
  if (category === 'contacts.rejection') {
    const [, kind = '', reference = ''] = parts;
    const rejected = (events as readonly Recorded<RejectionEvent>[]).flatMap((event) =>
      event.type === 'contacts.record.rejected' ? fieldTexts(event.data.change) : [],
    );
    if (isContactKind(kind)) yield { kind, reference, texts: rejected };
    return;
  }
  const kind = category.slice(category.indexOf('.') + 1);
  const { fields, former } = recordHistory(events as readonly Recorded<RecordEvent>[]);
  const texts = [...fields, ...former].map(({ field, value }) => ({ field, text: value }));
  if (isContactKind(kind)) yield { kind, reference: parts[1] ?? '', texts };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof PlatformError && error.code === 'eventlog.unreadable-event';
}
