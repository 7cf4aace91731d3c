import type { CompanyProduct } from '@samspill/contracts';
import type { PairedGateway } from '../gateway/gateway.decider.js';
import { ERP_NAMES, REQUIREMENTS } from './requirements.js';
import { step, type NextStep, type SetUpStep } from './set-up-step.js';
import { isAtLeast } from './version.js';

/**
 * The steps at the customer's: a gateway, its connection, and the versions of what runs there (C5, C6, W2, W4, W5), with the reason
 * where one is missing (W13). Of several gateways that one counts which is the furthest.
 */
export function systemSteps(
  product: CompanyProduct,
  gateways: readonly PairedGateway[],
  companyPath: string,
): readonly SetUpStep[] {
  const ways = (gateways.length > 0 ? gateways : [undefined]).map((gateway) =>
    stepsOf(product, gateway, `${companyPath}/gateways`),
  );
  const missing = (steps: readonly SetUpStep[]): number =>
    steps.filter(({ state }) => state === 'missing').length;
  return ways.reduce((best, steps) => (missing(steps) < missing(best) ? steps : best));
}

function stepsOf(
  product: CompanyProduct,
  gateway: PairedGateway | undefined,
  path: string,
): readonly SetUpStep[] {
  const { gateway: leastGateway, webfakturaAdmin } = REQUIREMENTS[product];
  const upgrade = (what: string): NextStep => ({
    description: `Upgrade ${what} and restart the gateway, which reports it`,
    method: 'PUT',
    path: `${path}/${gateway?.id ?? '{gateway}'}/connection`,
  });
  const report = gateway?.report;
  return [
    step(
      'gateway-paired',
      gateway !== undefined,
      'The company’s systems are reached through a gateway that is installed there and paired with a one-time code.',
      { description: 'Get a pairing code', method: 'POST', path },
      gateway ? undefined : 'No gateway is paired.',
    ),
    step(
      'gateway-connected',
      gateway?.isConnected === true,
      'The gateway has to be connected.',
      {
        description: 'Start the gateway, which connects by itself',
        method: 'PUT',
        path: `${path}/${gateway?.id ?? '{gateway}'}/connection`,
      },
      gateway && !gateway.isConnected ? `The gateway «${gateway.name}» is not connected.` : undefined,
    ),
    ...(leastGateway === undefined
      ? []
      : [versionStep('gateway-version', 'the gateway', leastGateway, report?.gatewayVersion, upgrade)]),
    erpStep(product, report?.erp, upgrade),
    ...(webfakturaAdmin === undefined
      ? []
      : [
          versionStep(
            'webfaktura-admin-version',
            'WebFaktura Admin (Sync)',
            webfakturaAdmin,
            report?.webfakturaAdmin,
            upgrade,
          ),
        ]),
  ];
}

function versionStep(
  prerequisite: string,
  what: string,
  least: string,
  version: string | undefined,
  upgrade: (what: string) => NextStep,
): SetUpStep {
  return step(
    prerequisite,
    version !== undefined && isAtLeast(version, least),
    `Version ${least} or later of ${what} is needed.`,
    upgrade(what),
    version === undefined ? 'None has been reported yet.' : `It reports version ${version}.`,
  );
}

function erpStep(
  product: CompanyProduct,
  erp: { readonly product: string; readonly version: string } | undefined,
  upgrade: (what: string) => NextStep,
): SetUpStep {
  const { name, erp: known } = REQUIREMENTS[product];
  const nameOf = (system: string): string => ERP_NAMES[system] ?? system;
  const choices = Object.entries(known).map(([system, least]) => `${nameOf(system)} ${least} or later`);
  const least = erp && known[erp.product];
  return step(
    'erp-version',
    erp !== undefined && least !== undefined && isAtLeast(erp.version, least),
    `${name} works with ${choices.join(', or ')}.`,
    upgrade('the business system'),
    erp === undefined
      ? 'None has been reported yet.'
      : `The gateway reports ${nameOf(erp.product)} ${erp.version}.`,
  );
}
