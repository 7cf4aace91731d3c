/**
 * The one-node Kubernetes that lies beside the project where no other cluster and no registry is in reach (`../shared/tools/kubernetes`,
 * its README says how it works): started for a test, and stopped.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { run } from './cluster.mjs';

const tools = join(import.meta.dirname, '..', '..', '..', 'shared', 'tools', 'kubernetes');
const folder =
  process.env.KUBE_LAB ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kube-lab');

/** The kubelet's own threshold, and what the images take. */
const FREE_SHARE = 0.17;

export function hasOneNode() {
  return existsSync(join(tools, 'up.sh')) && process.platform === 'linux' && process.getuid() === 0;
}

/** Starts it, and points kubectl and helm of this process at it. The first time on a machine it is compiled, which takes minutes. */
export async function startOneNode() {
  requireRoom();
  // npm says in NODE where Node is; the script takes from it whether pods are to run.
  await run('env', ['NODE=1', 'bash', join(tools, 'up.sh')], { shows: true });
  findOneNode();
}

/** @throws Error before the test begins, rather than in its middle for want of an image */
function requireRoom() {
  const { bavail, blocks } = statfsSync(existsSync(folder) ? folder : homedir());
  if (bavail / blocks < FREE_SHARE)
    throw new Error(
      `Only ${Math.round((bavail / blocks) * 100)} % of the disk are free. Below 15 % the kubelet removes images, which no registry brings back.`,
    );
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
