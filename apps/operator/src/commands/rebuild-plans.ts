import { planAnswer, type PlanAnswer } from '@samspill/platform/answers';
import type { Cli } from '../cli.js';
import type { Stop } from '../exit-codes.js';
import type { Target } from '../option-reader.js';
import { planLines } from '../render/operation-lines.js';
import { Refused, type Answer, type ServiceClient } from '../service-client.js';

/** What a service would do. */
export interface Planned {
  readonly service: ServiceClient;
  readonly target: Target;
  readonly value: Answer<PlanAnswer>;
}

/**
 * Plans, in groups that are brought to their end one after the other: of several services, whoever writes a topic goes before those that
 * read it.
 */
export async function plansInTurn(
  cli: Cli,
  targets: readonly Target[],
  memoryMiB: number | undefined,
): Promise<readonly (readonly Planned[])[]> {
  const [only] = targets;
  if (only && targets.length === 1) return [await planned(cli, only, memoryMiB)];
  const names = targets.flatMap(({ service }) => service ?? []);
  const groups: (readonly Planned[])[] = [];
  for (const { service } of await cli.services.inOrder(names))
    groups.push(await planned(cli, { service, scope: { kind: 'service' } }, memoryMiB));
  return groups;
}

/** Plans of the services that are meant; for a company, of those that keep rows by company. */
async function planned(cli: Cli, target: Target, memoryMiB: number | undefined): Promise<readonly Planned[]> {
  const { service, scope } = target;
  const body = { scope, ...(memoryMiB !== undefined && { memoryMiB }) };
  const asked = await cli.services.ask(service, (one) => one.call('POST', 'rebuilds/plan', planAnswer, body));
  const plans: Planned[] = [];
  let notPossible: Stop | undefined;
  for (const one of asked) {
    if (one.kind === 'answer') plans.push({ service: one.service, target, value: one.value });
    else if (service === undefined && isNotByCompany(one.failure)) notPossible = one.failure;
    else throw one.failure;
  }
  if (plans.length === 0 && notPossible) throw notPossible;
  return plans;
}

function isNotByCompany(failure: Stop): boolean {
  return failure instanceof Refused && failure.code === 'operation.company-not-possible';
}

export function allPlanLines(groups: readonly (readonly Planned[])[]): readonly string[] {
  return groups.flat().flatMap(({ service, value }) => planLines(service.service, value.value));
}
