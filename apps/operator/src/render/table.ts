/** A column's texts stand to the right where they are numbers. */
export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Aligned plain text, a line a row, the titles first. Nothing is cut: whoever searches for an id must find it. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const cell = cells[index] ?? '';
        const gap = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return align === 'right' ? gap + cell : cell + gap;
      })
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map(line)];
}

export function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Characters as a person counts them; a terminal gives each one place, or two where it is wide, which no column here is. */
function widthOf(text: string): number {
  // Nearly all texts are of one unit a character.
  return /^[\u0020-\u02ff]*$/.test(text) ? text.length : Array.from(characters.segment(text)).length;
}
