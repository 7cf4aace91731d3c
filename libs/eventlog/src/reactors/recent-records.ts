import type { RecordPlace } from '../projection-store.js';
import { DecodedRecord, decodedWhole } from '../received-record.js';
import type { ReceivedRecord } from '../log.js';
import { writePlace } from '../parked/record-place.js';

/** Some thousand events as they usually are: of eight companies what they read ahead. Whatever is not here is read from the log. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Of headers, key and bookkeeping. */
const OVERHEAD_BYTES = 1_024;

/** Records that were read just now, the newest ones, within a bound of memory. */
export class RecentRecords {
  readonly #records = new Map<string, { readonly record: ReceivedRecord; readonly bytes: number }>();
  #bytes = 0;

  /** @returns what it takes, in bytes */
  keep(place: RecordPlace, record: ReceivedRecord): number {
    const name = writePlace(place);
    // A topic that was made anew may have another record there.
    this.forget(place);
    // What was received may be a view of a whole fetch, which must not be kept alive.
    const { value, ...rest } = decodedWhole(record);
    const copy = new DecodedRecord({ ...rest, value: Buffer.from(value) }, record.offset);
    const bytes = value.length + OVERHEAD_BYTES;
    this.#records.set(name, { record: copy, bytes });
    this.#bytes += bytes;
    for (const [oldest, kept] of this.#records) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#records.delete(oldest);
      this.#bytes -= kept.bytes;
    }
    return bytes;
  }

  /** What lies there is not what was looked for: it is read from the log the next time. */
  forget(place: RecordPlace): void {
    const name = writePlace(place);
    const kept = this.#records.get(name);
    if (!kept) return;
    this.#records.delete(name);
    this.#bytes -= kept.bytes;
  }

  find(place: RecordPlace): ReceivedRecord | undefined {
    return this.#records.get(writePlace(place))?.record;
  }
}
