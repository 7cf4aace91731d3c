import { generateOrganisationNumber } from '@samspill/contracts';
import { NAMES } from './names.js';
import { PLACES, STREETS } from './places.js';
import { Random } from './random.js';

/** What a company fills in to be registered. */
export interface DemoCompany {
  readonly name: string;
  readonly organisationNumber: string;
  readonly country: 'NO';
  readonly address: {
    readonly lines: readonly string[];
    readonly postcode: string;
    readonly town: string;
    readonly country: 'NO';
  };
}

/** A Norwegian trading company, the same for the same seed; companies of different seeds have different numbers. */
export function demoCompany(seed = 1): DemoCompany {
  const random = new Random(seed);
  const place = random.pick(PLACES.NO);
  return {
    name: `${random.pick(NAMES.NO.last)} Nordisk Handel AS`,
    organisationNumber: generateOrganisationNumber('NO', seed),
    country: 'NO',
    address: {
      lines: [`${random.pick(STREETS.NO)} ${1 + random.below(120)}`],
      postcode: place.postcode,
      town: place.town,
      country: 'NO',
    },
  };
}
