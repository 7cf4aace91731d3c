import { CompanyReader, type Database } from '@samspill/eventlog';
import { viewName, type CompanyId } from '@samspill/kernel';
import { forgottenProjection } from '../record/forgotten.projection.js';
import { FORGOTTEN_FAULT, forgottenChange } from '../record/forgotten-record.js';
import type { StagedEntry } from './staged-entry.js';

/** By the primary key of the read table; as many as a company has ever had forgotten. */
const FORGOTTEN_SQL = `SELECT kind, number FROM read.${viewName(forgottenProjection)} WHERE company = $1`;

/** The records of a company that may not come in, for files whose rows are staged. */
export class ForgottenRecords {
  readonly #records: ReadonlySet<string>;
  readonly #numbers: ReadonlySet<string>;

  constructor(records: readonly { readonly kind: string; readonly number: string }[]) {
    this.#records = new Set(records.map(({ kind, number }) => `${kind}/${number}`));
    this.#numbers = new Set(records.map(({ number }) => number));
  }

  static async of(database: Database, company: CompanyId): Promise<ForgottenRecords> {
    const reader = new CompanyReader(database, company);
    return new ForgottenRecords(
      await reader.query<{ kind: string; number: string }>({ text: FORGOTTEN_SQL, values: [company] }),
    );
  }

  /**
   * The entries of one line without what they say of people who have been forgotten. A line's cells are about all of its records, so
   * they go with any of them; a row that cannot be taken apart goes if any of its cells is the number of one.
   */
  leftOut(line: readonly StagedEntry[]): readonly StagedEntry[] {
    if (this.#records.size === 0) return line;
    const cleared = line.map((entry) => (this.#isAbout(entry) ? clearedEntry(entry) : entry));
    return cleared.every((entry, index) => entry === line[index])
      ? line
      : cleared.map((entry) => ({ ...entry, cells: undefined }));
  }

  #isAbout({ kind, reference, protects }: StagedEntry): boolean {
    return (
      this.#records.has(`${kind}/${reference}`) ||
      protects?.some((number) => this.#numbers.has(number)) === true
    );
  }
}

function clearedEntry(entry: StagedEntry): StagedEntry {
  const { kind, number } = entry;
  return { ...entry, record: undefined, faults: [FORGOTTEN_FAULT], sent: forgottenChange(kind, number) };
}
