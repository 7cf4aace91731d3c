/** The table of values in the chart's README, from the comments `# -- …` in values.yaml. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PATH = 'helm/samspill/README.md';
const BEGIN = '<!-- values: generated from values.yaml by npm run generate -->';
const END = '<!-- end of values -->';

export function chartReadmeFile(root) {
  const readme = readFileSync(join(root, PATH), 'utf8');
  const values = readFileSync(join(root, 'helm/samspill/values.yaml'), 'utf8');
  const rows = documented(values).map(
    ({ path, value, text }) =>
      `| \`${path}\` | ${value === '' ? '' : `\`${value}\``} | ${text.replaceAll('|', '\\|')} |`,
  );
  const [before] = readme.split(BEGIN);
  const [, after = ''] = readme.split(END);
  const table = `| value | default | what it is |\n| --- | --- | --- |\n${rows.join('\n')}`;
  return { path: PATH, content: `${before}${BEGIN}\n\n${table}\n\n${END}${after}` };
}

/** Keys that have a comment which begins with `# -- `, with their place and what stands behind them on the line. */
function documented(yaml) {
  const found = [];
  const parents = [];
  let comment;
  for (const line of yaml.split('\n')) {
    const said = /^\s*# -- (.*)$/.exec(line) ?? (comment === undefined ? null : /^\s*# (.*)$/.exec(line));
    if (said) {
      comment = comment === undefined ? said[1] : `${comment} ${said[1]}`;
      continue;
    }
    const entry = /^(\s*)([A-Za-z][\w.-]*):\s*(.*)$/.exec(line);
    if (!entry) {
      comment = undefined;
      continue;
    }
    const [, indent, key, value] = entry;
    parents.splice(indent.length / 2);
    parents.push(key);
    if (comment !== undefined)
      found.push({ path: parents.join('.'), value: value.replace(/\s+#.*$/, ''), text: comment });
    comment = undefined;
  }
  return found;
}
