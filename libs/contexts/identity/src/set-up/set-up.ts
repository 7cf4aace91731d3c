import { product as synchronisedProduct, type CompanyProduct } from '@samspill/contracts';
import type { CompanyId } from '@samspill/kernel';
import type { RegisteredCompany } from '../company/company.decider.js';
import type { PairedGateway } from '../gateway/gateway.decider.js';
import { isValid, type Licence } from '../licence/licences.js';
import { REQUIREMENTS } from './requirements.js';
import { step, type SetUpStep } from './set-up-step.js';
import { systemSteps } from './system-steps.js';

export interface SetUp {
  readonly product: CompanyProduct;
  /** Nothing is missing: the product works for the company. */
  readonly isComplete: boolean;
  readonly steps: readonly SetUpStep[];
}

/** What the streams around a company's own say at a moment. */
export interface SetUpFacts {
  readonly company: CompanyId;
  readonly gateways: readonly PairedGateway[];
  /** Products for which somebody has a role: a user of the company, or of a bureau that acts for it. */
  readonly accessibleProducts: ReadonlySet<string>;
  /** Users that the business system has reported: how many, and how many of them can be registered, or are (C17). */
  readonly erpUsers: { readonly reported: number; readonly linked: number; readonly unlinked: number };
  /** Licences of bureaus that may act for the company: of WebFaktura, the bureau's counts (W3). */
  readonly bureauLicences: readonly { readonly product: CompanyProduct; readonly licence: Licence }[];
  readonly now: Date;
}

const COMPANIES_PATH = '/api/identity/v1/companies';

/** Everything that must be in place before a product works, but for the switch itself (C25), in the order in which it is done. */
export function prerequisitesOf(
  product: CompanyProduct,
  company: RegisteredCompany,
  facts: SetUpFacts,
): readonly SetUpStep[] {
  const path = `${COMPANIES_PATH}/${facts.company}`;
  const { name, needsExport } = REQUIREMENTS[product];
  return [
    companyIsRegistered(true),
    licenceStep(product, company, facts, path),
    step(
      'integration-activated',
      company.isActivated,
      'The integration has to be activated by an administrator of the company («Aktiver Visma.net integrasjon»).',
      { description: 'Activate the integration', method: 'PUT', path: `${path}/integration` },
    ),
    ...systemSteps(product, facts.gateways, path),
    ...(needsExport
      ? [
          step(
            'product-added',
            company.products.has(product),
            `The company has to be exported for ${name}, also where it uses other services already.`,
            { description: `Add ${name} to the company`, method: 'PUT', path: `${path}/products/${product}` },
          ),
        ]
      : []),
    erpUsersStep(product, facts, path),
    step(
      'user-with-role',
      facts.accessibleProducts.has(product),
      `Registering a user gives no access by itself: somebody, of the company or of a bureau that acts for it, needs a role for ${name}.`,
      {
        description: `Give a user a role: {"level": "user"}`,
        method: 'PUT',
        path: `${path}/users/{user}/roles/${product}`,
      },
    ),
  ];
}

/** The prerequisites of a product and, last, the switch itself where there is one (C2, W35). */
export function setUpOf(product: CompanyProduct, company: RegisteredCompany, facts: SetUpFacts): SetUp {
  const steps = [...prerequisitesOf(product, company, facts), ...switchStep(product, company, facts.company)];
  return { product, isComplete: steps.every(({ state }) => state === 'done'), steps };
}

export function companyIsRegistered(isDone: boolean): SetUpStep {
  return step('company-registered', isDone, 'Nothing of a company is synchronised before it is registered.', {
    description: 'Register the company',
    method: 'POST',
    path: COMPANIES_PATH,
  });
}

/** Missing only where it keeps everybody out: a company need not register all who work in its business system. */
function erpUsersStep(
  product: CompanyProduct,
  { erpUsers, accessibleProducts }: SetUpFacts,
  path: string,
): SetUpStep {
  const { reported, linked, unlinked } = erpUsers;
  const isDone = reported === 0 || linked > 0 || accessibleProducts.has(product);
  return step(
    'erp-users-linked',
    isDone,
    'Users of the business system have no e-mail address: whoever is to be registered from there is linked to an employee who has one.',
    {
      description: 'Link a user of the business system to an employee: {"employee": "<number>"}',
      method: 'PUT',
      path: `${path}/erp-users/{number}/employee`,
    },
    reported === 0
      ? 'The gateway has reported no users of the business system.'
      : `Of ${reported} users of the business system, ${linked} can be registered or are; ${unlinked} are linked to no employee with an e-mail address.`,
  );
}

function licenceStep(
  product: CompanyProduct,
  { licences }: RegisteredCompany,
  { bureauLicences, now }: SetUpFacts,
  path: string,
): SetUpStep {
  const { name } = REQUIREMENTS[product];
  const own = licences.get(product);
  const ofBureaus = bureauLicences.filter((other) => other.product === product);
  const held = [...(own ? [own] : []), ...ofBureaus.map(({ licence }) => licence)];
  const isDone = held.some((licence) => isValid(licence, now));
  const ended = held[0]?.validUntil;
  return step(
    'licence',
    isDone,
    `${name} needs an online licence, of the company or of a bureau that acts for it. RGfirm.slf is none.`,
    { description: 'Register the licence', method: 'PUT', path: `${path}/licences/${product}` },
    !isDone && ended !== undefined ? `The licence ended at ${ended}.` : undefined,
  );
}

function switchStep(
  product: CompanyProduct,
  { enabled }: RegisteredCompany,
  company: CompanyId,
): readonly SetUpStep[] {
  const synchronised = synchronisedProduct.options.find((other) => other === product);
  if (!synchronised) return [];
  return [
    step(
      'synchronisation-on',
      enabled.has(synchronised),
      `Records come in only while synchronisation of ${product} is switched on for the company.`,
      {
        description: `Switch synchronisation of ${product} on: {"enabled": true}`,
        method: 'PUT',
        path: `${COMPANIES_PATH}/${company}/synchronisation/${product}`,
      },
    ),
  ];
}
