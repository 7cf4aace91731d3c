import { escapeIdentifier, escapeLiteral } from 'pg';
import {
  tableStem,
  viewName,
  type ColumnType,
  type ColumnValue,
  type Projection,
  type Row,
} from '@samspill/kernel';
import type { SqlStatement } from '../../event-store.js';
import { textArray } from './binary-array.js';

/** Identifiers and statements of one generation of a read table. Columns of our own begin with an underscore. */
export class ReadTable {
  readonly table: string;
  readonly versionsTable: string;
  readonly view: string;
  readonly columns: readonly (readonly [name: string, type: ColumnType])[];

  constructor(
    readonly projection: Projection,
    readonly generation: number,
  ) {
    const stem = `${tableStem(projection)}__g${generation}`;
    this.table = `read.${escapeIdentifier(stem)}`;
    this.versionsTable = `read.${escapeIdentifier(`${stem}_versions`)}`;
    this.view = `read.${escapeIdentifier(viewName(projection))}`;
    this.columns = Object.entries(projection.table.columns);
    for (const [name] of this.columns) {
      if (name.startsWith('_'))
        throw new TypeError(`${projection.name}: column names beginning with _ are the log's own`);
    }
  }

  get create(): string {
    const columns = this.columns.map(([name, type]) => {
      const notNull = this.projection.table.key.includes(name) ? ' NOT NULL' : '';
      return `${escapeIdentifier(name)} ${type}${type === 'text' ? ' COLLATE "C"' : ''}${notNull}`;
    });
    return `
      CREATE TABLE ${this.table} (${columns.join(', ')}, _version integer NOT NULL);
      CREATE TABLE ${this.versionsTable} (stream text COLLATE "C" NOT NULL, version integer NOT NULL)`;
  }

  /** Made after the bulk load: building an index over rows that are there is several times as fast. */
  get index(): readonly string[] {
    const stem = `${tableStem(this.projection)}__g${this.generation}`;
    return [
      `ALTER TABLE ${this.table} ADD PRIMARY KEY (${this.#key().join(', ')})`,
      `ALTER TABLE ${this.versionsTable} ADD PRIMARY KEY (stream)`,
      ...this.projection.table.indexes.map(
        (index) =>
          `CREATE INDEX ${escapeIdentifier(`${stem}_${index.name}`)} ON ${this.table} ${index.definition}`,
      ),
      `ANALYZE ${this.table}`,
      `ANALYZE ${this.versionsTable}`,
    ];
  }

  get replaceView(): string {
    return `CREATE OR REPLACE VIEW ${this.view} WITH (security_invoker) AS SELECT ${this.#names().join(', ')} FROM ${this.table}`;
  }

  get drop(): string {
    return `DROP TABLE IF EXISTS ${this.table}, ${this.versionsTable}`;
  }

  /** Parameters: the columns, then `_version`, then `_stream`. A late repeat of what a stream without a row has seen changes nothing. */
  get upsertStates(): string {
    const names = this.#names();
    const n = names.length;
    const set = [...names.filter((name) => !this.#key().includes(name)), '_version'].map(
      (name) => `${name} = excluded.${name}`,
    );
    return `
      INSERT INTO ${this.table} AS t (${names.join(', ')}, _version)
      SELECT ${this.#casts('u')}, u._version
      FROM unnest(${this.#unnest(1)}, $${n + 1}::int4[], $${n + 2}::text[]) AS u (${names.join(', ')}, _version, _stream)
      WHERE NOT EXISTS (SELECT FROM ${this.versionsTable} v WHERE v.stream = u._stream AND v.version >= u._version)
      ON CONFLICT (${this.#key().join(', ')}) DO UPDATE SET ${set.join(', ')} WHERE t._version < excluded._version`;
  }

  /** Parameters: the key's columns, then `_version`, then `_stream`. The version survives the row. */
  get deleteStates(): string {
    const key = this.#key();
    const n = key.length;
    const unnest = `unnest(${this.#unnestKey()}, $${n + 1}::int4[], $${n + 2}::text[]) AS u (${key.join(', ')}, _version, _stream)`;
    return `
      WITH gone AS (
        DELETE FROM ${this.table} t USING ${unnest} WHERE ${this.#keyMatch('t', 'u')} AND t._version < u._version)
      INSERT INTO ${this.versionsTable} AS v (stream, version) SELECT u._stream, u._version FROM ${unnest}
      ON CONFLICT (stream) DO UPDATE SET version = excluded.version WHERE v.version < excluded.version`;
  }

  /** Parameters: the columns. */
  get upsertRows(): string {
    const names = this.#names();
    const set = names
      .filter((name) => !this.#key().includes(name))
      .map((name) => `${name} = excluded.${name}`);
    return `
      INSERT INTO ${this.table} (${names.join(', ')}, _version)
      SELECT ${this.#casts('u')}, 0 FROM unnest(${this.#unnest(1)}) AS u (${names.join(', ')})
      ON CONFLICT (${this.#key().join(', ')}) DO ${set.length > 0 ? `UPDATE SET ${set.join(', ')}` : 'NOTHING'}`;
  }

  /** Parameters: the key's columns. */
  get deleteRows(): string {
    return `DELETE FROM ${this.table} t USING unnest(${this.#unnestKey()}) AS u (${this.#key().join(', ')}) WHERE ${this.#keyMatch('t', 'u')}`;
  }

  /** Parameters: the key's columns; rows as JSON in the order of the keys. */
  get selectRows(): string {
    return `
      SELECT CASE WHEN t._version IS NULL THEN NULL ELSE ${this.#json()} END AS row
      FROM unnest(${this.#unnestKey()}) WITH ORDINALITY AS u (${this.#key().join(', ')}, _ordinality)
      LEFT JOIN ${this.table} t ON ${this.#keyMatch('t', 'u')}
      ORDER BY u._ordinality`;
  }

  get writeVersions(): string {
    return `
      INSERT INTO ${this.versionsTable} AS v (stream, version) SELECT * FROM unnest($1::text[], $2::int4[])
      ON CONFLICT (stream) DO UPDATE SET version = excluded.version WHERE v.version < excluded.version`;
  }

  get selectVersions(): string {
    return `SELECT stream, version FROM ${this.versionsTable} WHERE stream = ANY ($1::text[])`;
  }

  /** Order-independent: the sum of a 64-bit hash of each row's text. Parameter: the company, where there is one. */
  fingerprint(ofCompany: boolean): string {
    return `SELECT count(*)::text AS rows, coalesce(sum(${this.#rowHash()}), 0)::text AS hash FROM ${this.table} t ${this.#ofCompany(ofCompany)}`;
  }

  /** Keys as JSON arrays, in the order of their bytes, each with its row's hash. Parameter: the company, where there is one. */
  rowHashes(ofCompany: boolean): string {
    const key = `jsonb_build_array(${this.#key()
      .map((name) => `t.${name}`)
      .join(', ')})::text COLLATE "C"`;
    return `SELECT ${key} AS key, ${this.#rowHash()}::text AS hash FROM ${this.table} t ${this.#ofCompany(ofCompany)} ORDER BY 1`;
  }

  /** Parameters: a text for each of the columns, then the key after which to go on, then how many. By primary key where it can be. */
  page(columns: readonly string[], hasAfter: boolean): string {
    const key = this.#key();
    const conditions = columns.map((name, index) => `t.${escapeIdentifier(name)}::text = $${index + 1}`);
    if (hasAfter) {
      const after = this.#keyTypes().map(([, type], index) => `$${columns.length + index + 1}::${type}`);
      conditions.push(`(${key.map((name) => `t.${name}`).join(', ')}) > (${after.join(', ')})`);
    }
    const parameters = columns.length + (hasAfter ? key.length : 0);
    return `
      SELECT ${this.#json()} AS row FROM ${this.table} t ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
      ORDER BY ${key.map((name) => `t.${name}`).join(', ')} LIMIT $${parameters + 1}`;
  }

  /**
   * Statements that exchange the rows of a company, and the versions of its streams, between this generation, which has no others, and
   * a whole one.
   */
  exchangeWith(whole: ReadTable, company: string): readonly SqlStatement[] {
    const rows = [...this.#names(), '_version'].join(', ');
    const ofCompany = `${escapeIdentifier(this.#companyColumn())} = $1`;
    const streams = `SELECT stream FROM ${this.versionsTable}`;
    const plain = (text: string): SqlStatement => ({ text, values: [] });
    return [
      {
        text: `CREATE TEMP TABLE former_rows ON COMMIT DROP AS SELECT ${rows} FROM ${whole.table} WHERE ${ofCompany}`,
        values: [company],
      },
      { text: `DELETE FROM ${whole.table} WHERE ${ofCompany}`, values: [company] },
      plain(`INSERT INTO ${whole.table} (${rows}) SELECT ${rows} FROM ${this.table}`),
      plain(`DELETE FROM ${this.table}`),
      plain(`INSERT INTO ${this.table} (${rows}) SELECT ${rows} FROM former_rows`),
      plain(
        `CREATE TEMP TABLE former_versions ON COMMIT DROP AS SELECT * FROM ${whole.versionsTable} WHERE stream IN (${streams})`,
      ),
      plain(`DELETE FROM ${whole.versionsTable} WHERE stream IN (${streams})`),
      plain(`INSERT INTO ${whole.versionsTable} SELECT * FROM ${this.versionsTable}`),
      // Streams that had none are kept with none, so that an exchange back finds them.
      plain(
        `UPDATE ${this.versionsTable} v SET version = coalesce((SELECT f.version FROM former_versions f WHERE f.stream = v.stream), 0)`,
      ),
    ];
  }

  /** One text-array parameter for each column. */
  columnParameters(rows: readonly Row[]): Buffer[] {
    return this.columns.map(([name, type]) => textArray(rows.map((row) => encodeColumn(type, row[name]))));
  }

  keyParameters(keys: readonly Row[]): Buffer[] {
    return this.#keyTypes().map(([name, type]) =>
      textArray(keys.map((key) => encodeColumn(type, key[name]))),
    );
  }

  /** The values of a key as texts, in the order of its columns. */
  keyTexts(key: Row): (string | null)[] {
    return this.#keyTypes().map(([name, type]) => encodeColumn(type, key[name]));
  }

  /** One line of COPY's text format. */
  copyLine(row: Row, version: number): string {
    let line = '';
    for (const [name, type] of this.columns) line += `${copyField(encodeColumn(type, row[name]))}\t`;
    return `${line}${version}\n`;
  }

  /** A row as {@link selectRows} gave it, with its values as the projection wrote them. */
  decodeRow(json: Record<string, ColumnValue> | null): Row | undefined {
    if (json === null) return undefined;
    for (const [name, type] of this.columns) {
      const value = json[name];
      if (type === 'timestamptz' && typeof value === 'string') json[name] = new Date(value).toISOString();
    }
    return json;
  }

  #json(): string {
    const pairs = this.columns.map(([name]) => `${escapeLiteral(name)}, t.${escapeIdentifier(name)}`);
    return `jsonb_build_object(${pairs.join(', ')})`;
  }

  #rowHash(): string {
    return `hashtextextended(ROW(${this.#names()
      .map((name) => `t.${name}`)
      .join(', ')})::text, 0)`;
  }

  #companyColumn(): string {
    const { company } = this.projection.table;
    if (company === undefined)
      throw new TypeError(`${this.projection.name} does not keep its rows by company`);
    return company;
  }

  #ofCompany(wanted: boolean): string {
    return wanted ? `WHERE t.${escapeIdentifier(this.#companyColumn())} = $1` : '';
  }

  #names(): string[] {
    return this.columns.map(([name]) => escapeIdentifier(name));
  }

  #key(): string[] {
    return this.projection.table.key.map((name) => escapeIdentifier(name));
  }

  #keyTypes(): (readonly [string, ColumnType])[] {
    return this.projection.table.key.map((name) => {
      const column = this.columns.find(([candidate]) => candidate === name);
      if (!column) throw new TypeError(`${this.projection.name}: key column ${name} is not a column`);
      return column;
    });
  }

  #unnest(from: number): string {
    return this.columns.map((_, index) => `$${from + index}::text[]`).join(', ');
  }

  #unnestKey(): string {
    return this.projection.table.key.map((_, index) => `$${index + 1}::text[]`).join(', ');
  }

  #casts(alias: string): string {
    return this.columns
      .map(([name, type]) => `${alias}.${escapeIdentifier(name)}${type === 'text' ? '' : `::${type}`}`)
      .join(', ');
  }

  #keyMatch(table: string, parameters: string): string {
    return this.#keyTypes()
      .map(([name, type]) => {
        const column = escapeIdentifier(name);
        return `${table}.${column} = ${parameters}.${column}${type === 'text' ? '' : `::${type}`}`;
      })
      .join(' AND ');
  }
}

/** A column's value as the text that Postgres reads for its type. */
export function encodeColumn(type: ColumnType, value: ColumnValue | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (type === 'jsonb') return JSON.stringify(value);
  if (type === 'integer[]') {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return `{${items.join(',')}}`;
  }
  if (type === 'text[]') {
    const items: readonly unknown[] = Array.isArray(value) ? value : [];
    return `{${items.map((item) => `"${String(item).replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const COPY_ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\t': '\\t',
  '\n': '\\n',
  '\r': '\\r',
};

export function copyField(text: string | null): string {
  if (text === null) return '\\N';
  return /[\\\t\n\r]/.test(text)
    ? text.replaceAll(/[\\\t\n\r]/g, (character) => COPY_ESCAPES[character] ?? character)
    : text;
}
