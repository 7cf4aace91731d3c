import type { CompanyDetails } from '@samspill/contracts';

/**
 * An organisation number as it is compared, for uniqueness and in searches. Those of NO, SE, FI and DK are stored as digits;
 * elsewhere case and spaces are how somebody writes it, not another company.
 */
export function organisationNumberKey(organisationNumber: string): string {
  return organisationNumber.toUpperCase().replaceAll(/\s/g, '');
}

/** What a registration reserves: `NO:923609016`. Numbers are unique in their country, not among countries (C12). */
export function reservedName({ country, organisationNumber }: CompanyDetails): string {
  return `${country}:${organisationNumberKey(organisationNumber)}`;
}
