import { escapeIdentifier } from 'pg';
import {
  tableStem,
  viewName,
  type ColumnType,
  type ColumnValue,
  type Projection,
  type Row,
} from '@samspill/kernel';
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
    const pairs = this.columns.map(
      ([name]) => `'${name.replaceAll("'", "''")}', t.${escapeIdentifier(name)}`,
    );
    return `
      SELECT CASE WHEN t._version IS NULL THEN NULL ELSE jsonb_build_object(${pairs.join(', ')}) END AS row
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

  /** Order-independent: the sum of a 64-bit hash of each row's text. */
  get fingerprint(): string {
    const row = `ROW(${this.#names().join(', ')})::text`;
    return `SELECT count(*)::text AS rows, coalesce(sum(hashtextextended(${row}, 0)), 0)::text AS hash FROM ${this.table}`;
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
