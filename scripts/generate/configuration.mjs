/** The reference of all settings of a service, from their schema. */
import { serviceSettings } from '@samspill/platform';

const INTRODUCTION = `# Configuration of a service

Generated from \`libs/platform/src/configuration\` by \`npm run generate\`; do not edit.

A service is configured by environment variables. They are read once, at start; everything that is wrong is said in one message, and
unknown names that begin with \`SAMSPILL_\` are refused, with the name that was probably meant. An empty variable counts as not set.
Files are paths of PEM files; they are read again for each connection, so that renewed certificates need no restart.

A service's process takes one word, its task: \`serve\` (unless said otherwise), \`topics\` (make the topics that it writes where they are
missing, and end), \`migrate\` (bring its database to the version of this build, and end), \`await\` (end when topics and database are as
this build needs them, and say what is waited for until then), \`api\` (write the OpenAPI document of its HTTP API, without any setting).

| variable | default | what it is |
| --- | --- | --- |
`;

export function configurationFile() {
  const rows = Object.entries(serviceSettings).map(([name, setting]) => {
    const { description = '', secret = false } = setting.meta() ?? {};
    const note = secret ? ' **A secret.**' : '';
    return `| \`${name}\` | ${defaultOf(setting)} | ${cell(description)}.${note} |`;
  });
  return { path: 'docs/generated/configuration.md', content: `${INTRODUCTION}${rows.join('\n')}\n` };
}

function defaultOf(setting) {
  if (setting.def?.type === 'optional') return 'not set';
  const parsed = setting.def?.type === 'prefault' ? setting.def.defaultValue : undefined;
  return parsed === undefined ? '**must be set**' : `\`${parsed}\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}
