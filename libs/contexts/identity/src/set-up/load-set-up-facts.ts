import type { Unit } from '@samspill/eventlog';
import { isCompanyId, isRejection, type CompanyId } from '@samspill/kernel';
import { loadCompany } from '../company/company-history.js';
import { COMPANY_PRODUCTS } from '../company/company.js';
import { loadDelegations, type LoadedDelegation } from '../delegation/delegation-streams.js';
import { loadErpUserCounts } from '../erp-user/erp-user-streams.js';
import { loadPairedGateways } from '../gateway/gateway-streams.js';
import { roleHistories, rolesAfter } from '../role/role-streams.js';
import type { SetUpFacts } from './set-up.js';

/** What the streams around a company say now: read from the event store, so that what was just done counts. */
export async function loadSetUpFacts(unit: Unit, company: CompanyId): Promise<SetUpFacts> {
  const delegations = (await loadDelegations(unit, company)).filter(({ products }) => products.length > 0);
  const accessibleProducts = new Set(await productsWithRoles(unit, company));
  for (const delegation of delegations)
    for (const product of await delegatedProducts(unit, delegation)) accessibleProducts.add(product);
  return {
    company,
    gateways: await loadPairedGateways(unit, company),
    accessibleProducts,
    erpUsers: await loadErpUserCounts(unit, company),
    bureauLicences: await licencesOf(unit, delegations),
    now: unit.context.now,
  };
}

/** Reads on only until every product has somebody. */
async function productsWithRoles(unit: Unit, company: CompanyId): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const page of roleHistories(unit, company)) {
    for (const { history } of page) for (const product of rolesAfter(history).keys()) found.add(product);
    if (COMPANY_PRODUCTS.every((product) => found.has(product))) break;
  }
  return found;
}

async function delegatedProducts(
  unit: Unit,
  { bureau, products }: LoadedDelegation,
): Promise<readonly string[]> {
  if (!isCompanyId(bureau)) return [];
  const there = await productsWithRoles(unit, bureau);
  return products.map(({ product }) => product).filter((product) => there.has(product));
}

async function licencesOf(
  unit: Unit,
  delegations: readonly LoadedDelegation[],
): Promise<SetUpFacts['bureauLicences']> {
  const licences: SetUpFacts['bureauLicences'][number][] = [];
  for (const { bureau, products } of delegations) {
    const loaded = await loadCompany(unit, bureau);
    if (isRejection(loaded)) continue;
    for (const [product, licence] of loaded.state.licences)
      if (products.some((delegated) => delegated.product === product)) licences.push({ product, licence });
  }
  return licences;
}
