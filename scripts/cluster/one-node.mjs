/**
 * The one-node Kubernetes that lies beside the project where no other cluster and no registry is in reach (`../shared/tools/kubernetes`,
 * its README says how it works): started for a test, and stopped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { run } from './cluster.mjs';

const tools = join(import.meta.dirname, '..', '..', '..', 'shared', 'tools', 'kubernetes');
const folder =
  process.env.KUBE_LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kube-lab');

export function hasOneNode() {
  return existsSync(join(tools, 'up.sh')) && process.platform === 'linux' && process.getuid() === 0;
}

/** Starts it, and points kubectl and helm of this process at it. The first time on a machine it is compiled, which takes minutes. */
export async function startOneNode() {
  // npm says in NODE where Node is; the script takes from it whether pods are to run.
  await run('env', ['NODE=1', 'bash', join(tools, 'up.sh')], { shows: true });
  findOneNode();
}

/** Points kubectl and helm of this process at one that runs. */
export function findOneNode() {
  process.env.KUBECONFIG = join(folder, 'pki', 'host.kubeconfig');
  process.env.PATH = `${join(folder, 'bin')}:${process.env.PATH}`;
}

export async function importIntoOneNode(tar) {
  const socket = join(folder, 'state', 'containerd.sock');
  await run(join(folder, 'in'), ['ctr', '-a', socket, '-n', 'k8s.io', 'images', 'import', tar]);
}

/** Does not fail, so that what failed before it is heard of. */
export function stopOneNode() {
  spawnSync('bash', [join(tools, 'down.sh')], { stdio: 'inherit' });
}
