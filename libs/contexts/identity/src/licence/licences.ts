import type { CompanyProduct, CompanySetUpEvent } from '@samspill/contracts';
import { reject, type Rejection } from '@samspill/kernel';

export interface Licence {
  /** Name of the licence or of its file. */
  readonly licence: string;
  /** RFC 3339; absent where it does not end by itself. */
  readonly validUntil?: string;
}

export type Licences = ReadonlyMap<CompanyProduct, Licence>;

type LicenceEvent = Extract<CompanySetUpEvent, { type: `identity.licence.${string}` }>;

/** The offline licence file of Visma Global: it cannot be used here (C3). */
const OFFLINE_LICENCE = 'rgfirm.slf';

export function grantLicence(
  product: CompanyProduct,
  licence: Licence,
  licences: Licences,
  now: Date,
): readonly LicenceEvent[] | Rejection {
  if (fileName(licence.licence).toLowerCase() === OFFLINE_LICENCE) {
    return reject('licence.offline', 'An online licence is needed; RGfirm.slf is an offline one.', [
      {
        pointer: '/licence',
        code: 'licence.offline',
        detail: 'RGfirm.slf cannot be used. Ask your reseller for an online licence.',
      },
    ]);
  }
  if (!isValid(licence, now)) {
    return reject('licence.ended', 'The licence has ended already.', [
      { pointer: '/validUntil', code: 'licence.ended', detail: 'This moment is past.' },
    ]);
  }
  const before = licences.get(product);
  if (before?.licence === licence.licence && before.validUntil === licence.validUntil) return [];
  return [{ type: 'identity.licence.granted', data: { product, ...licence } }];
}

export function revokeLicence(product: CompanyProduct, licences: Licences): readonly LicenceEvent[] {
  return licences.has(product) ? [{ type: 'identity.licence.revoked', data: { product } }] : [];
}

/** Licences that have ended by now. */
export function expireLicences(licences: Licences, now: Date): readonly LicenceEvent[] {
  return [...licences]
    .filter(([, licence]) => !isValid(licence, now))
    .map(([product]) => ({ type: 'identity.licence.expired', data: { product } }));
}

export function isValid({ validUntil }: Licence, now: Date): boolean {
  return validUntil === undefined || now.getTime() < Date.parse(validUntil);
}

export function evolveLicences(licences: Licences, event: LicenceEvent): Licences {
  const after = new Map(licences);
  if (event.type === 'identity.licence.granted') {
    const { product, ...licence } = event.data;
    after.set(product, licence);
  } else after.delete(event.data.product);
  return after;
}

/** People send the path of the file that they have. */
function fileName(licence: string): string {
  return licence.trim().split(/[\\/]/).at(-1) ?? '';
}
