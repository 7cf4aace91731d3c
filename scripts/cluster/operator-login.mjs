/** The first operator of an installation in which people sign in, at the command line of the operator's pod. */
import { spawn } from 'node:child_process';

import { run, until } from './cluster.mjs';
import { confirmOutside } from './outside.mjs';
import { kubectl, NAMESPACE } from './pods.mjs';

const EMAIL = 'kari@samspill.example';
const NAMES = ['--first-name', 'Kari', '--last-name', 'Nordmann', '--language', 'en'];
const SAYS_WITHIN_MS = 60_000;
/** `samspill status` ends with it where something needs a person. */
const NEEDS_A_PERSON = 5;
/** What an operator asks once they are signed in. */
const QUESTIONS = [['topics'], ['rebuild', 'plan', '--projection', 'contacts.directory'], ['audit']];

/** As docs/operations.md has it. @param pod as `kubectl exec` takes it */
export async function firstOperatorSignsIn(pod) {
  const inPod = (...command) => ['--namespace', NAMESPACE, 'exec', '-i', pod, '--', ...command];
  const add = 'SAMSPILL_OPERATOR_TOKEN=$(cat) samspill operators add "$@"';
  await run('kubectl', inPod('sh', '-c', add, 'sh', '--email', EMAIL, ...NAMES), {
    input: await breakGlass(),
  });
  await refuses(inPod);
  const seen = await login(inPod);
  await run('kubectl', inPod('sh', '-c', `samspill status || test $? = ${NEEDS_A_PERSON}`));
  for (const question of QUESTIONS) await run('kubectl', inPod('samspill', ...question));
  await run('kubectl', inPod('samspill', 'logout'));
  await refuses(inPod);
  return `${seen}; then status, topics, the plan of a rebuild, and after logout nothing`;
}

async function breakGlass() {
  const encoded = await kubectl(
    ...['get', 'secret', 'samspill-break-glass', '-o', 'jsonpath={.data.break-glass}'],
  );
  return Buffer.from(encoded, 'base64').toString();
}

/** Nobody is signed in: the command says how. */
async function refuses(inPod) {
  const said = await run('kubectl', inPod('samspill', 'status'), { fails: true });
  if (!said.includes('samspill login'))
    throw new Error(`refused, but without saying how to sign in:\n${said}`);
}

async function login(inPod) {
  const child = spawn('kubectl', inPod('samspill', 'login'), { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  let isOver = false;
  child.on('close', () => (isOver = true));
  try {
    const address = await until('an address to open', SAYS_WITHIN_MS, () => /^Open (\S+)$/m.exec(said)?.[1]);
    const seen = await confirmOutside(EMAIL, address);
    await until('samspill login to end', SAYS_WITHIN_MS, () => isOver);
    if (!said.includes(`Signed in as ${EMAIL}`)) throw new Error('samspill login signed nobody in');
    return seen;
  } catch (error) {
    throw new Error(`${error.message}\n${said}`);
  } finally {
    child.kill();
  }
}
