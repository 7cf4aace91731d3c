/** What is done to single pods of the test. */
import { run, until } from './cluster.mjs';

export const NAMESPACE = 'samspill-test';
/** How long an eviction is asked for again that a disruption budget puts off. */
const EVICTED_WITHIN_MS = 300_000;

export const kubectl = (...args) => run('kubectl', ['--namespace', NAMESPACE, ...args]);

/** As a drain of its node does: again until no disruption budget puts it off. */
export async function evict(pod) {
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod, namespace: NAMESPACE },
  };
  const place = `/api/v1/namespaces/${NAMESPACE}/pods/${pod}/eviction`;
  await until(`the eviction of ${pod}`, EVICTED_WITHIN_MS, async () => {
    try {
      await run('kubectl', ['create', '--raw', place, '-f', '-'], { input: JSON.stringify(eviction) });
      return true;
    } catch (error) {
      if (/disruption budget|TooManyRequests/i.test(error.message)) return false;
      throw error;
    }
  });
}

/** Stops what runs in those pods by a command in them, and resolves when it runs again. */
export async function restarted(pods, command, timeoutMs) {
  const before = await Promise.all(pods.map(restarts));
  await Promise.all(pods.map((pod) => kubectl('exec', pod, '--', 'bash', '-c', command)));
  for (const [index, pod] of pods.entries())
    await until(
      `${pod} again`,
      timeoutMs,
      async () => (await restarts(pod)) > before[index] && (await isReady(pod)),
    );
}

async function restarts(pod) {
  const { status } = JSON.parse(await kubectl('get', 'pod', pod, '-o', 'json'));
  return status.containerStatuses?.[0]?.restartCount ?? 0;
}

async function isReady(pod) {
  const { status } = JSON.parse(await kubectl('get', 'pod', pod, '-o', 'json'));
  return status.containerStatuses?.[0]?.ready === true;
}
