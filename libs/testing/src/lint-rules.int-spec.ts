import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..', '..');
const LINT_TIMEOUT_MS = 120_000;

/** The rules that a source would break if it stood at that path. */
function brokenRules(path: string, source: string): readonly string[] {
  const eslint = join(root, 'node_modules', 'eslint', 'bin', 'eslint.js');
  const args = [eslint, '--stdin', '--stdin-filename', join(root, path), '--format', 'json'];
  const result = spawnSync(process.execPath, args, {
    cwd: root,
    input: source,
    encoding: 'utf8',
    env: lintEnvironment(),
  });
  const report: unknown = JSON.parse(result.stdout);
  if (!Array.isArray(report)) throw new Error(result.stderr);
  return report.flatMap((file: { messages: { ruleId: string }[] }) =>
    file.messages.map((message) => message.ruleId),
  );
}

function lintEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _jest, ...rest } = process.env;
  return { ...rest, NX_DAEMON: 'false' };
}

describe('the import rules', () => {
  beforeAll(() => {
    // Without a graph of the projects the rule about their boundaries passes over everything.
    const nx = join(root, 'node_modules', 'nx', 'dist', 'bin', 'nx.js');
    const graph = join(root, 'node_modules', '.cache', 'samspill', 'graph.json');
    spawnSync(process.execPath, [nx, 'graph', `--file=${graph}`], { cwd: root, env: lintEnvironment() });
  }, LINT_TIMEOUT_MS);

  it.each([
    ['a layer reaches upwards', 'libs/kernel/src/event.ts', "export { EventLog } from '@samspill/eventlog';"],
    [
      'a context imports another one',
      'libs/contexts/contacts/src/contacts.manifest.ts',
      "export { identityManifest } from '@samspill/context-identity';",
    ],
  ])(
    'refuse that %s',
    (_, path, source) => {
      expect(brokenRules(path, `${source}\n`)).toContain('@nx/enforce-module-boundaries');
    },
    LINT_TIMEOUT_MS,
  );

  it(
    'keep deciders and projections pure: no Node, no clock, no chance',
    () => {
      const path = 'libs/contexts/contacts/src/record/record.decider.ts';
      const impure =
        "import { hostname } from 'node:os';\nexport const a = [hostname(), Date.now(), Math.random(), new Date()];\n";
      const rules = brokenRules(path, impure);
      expect(rules).toContain('no-restricted-imports');
      expect(rules.filter((rule) => rule === 'no-restricted-properties')).toHaveLength(2);
      expect(rules).toContain('no-restricted-syntax');
    },
    LINT_TIMEOUT_MS,
  );
});
