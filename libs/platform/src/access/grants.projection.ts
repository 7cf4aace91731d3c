import {
  accessEvents,
  topics,
  type AccessEvent,
  type AccessLevel,
  type AccessProduct,
  type PlatformProduct,
} from '@samspill/contracts';
import { defineProjection, parseStream, type Projection, type Row } from '@samspill/kernel';

/** Levels by product. */
export type GrantedRoles = Readonly<Partial<Record<AccessProduct | PlatformProduct, AccessLevel>>>;

/** What one user, gateway or bureau may do for one company, or a user for all services; or that a user is locked and may do nothing. */
export interface GrantRow extends Row {
  /** The record key: the company's id; of an operator or a locked user, who belong to none, the user's. */
  readonly company: string;
  /** The user's, the gateway's or the bureau's id; of a lock {@link lockOf} the user. */
  readonly principal: string;
  readonly kind: 'user' | 'operator' | 'gateway' | 'bureau' | 'lock';
  readonly roles: GrantedRoles;
}

/** Of streams `identity.user/<user>`. */
const USER_CATEGORY = 'identity.user';

/** Read view of {@link grantsProjection}. */
export const GRANTS_VIEW = 'read.grants_v2';

/** Who may do what: each context has its own, from identity's events, so that none asks another at a request. */
export function grantsProjection(context: string): Projection<GrantRow, AccessEvent> {
  return defineProjection<GrantRow, AccessEvent>({
    name: `${context}.grants`,
    version: 2,
    fold: 'steps',
    topics: [topics.identity],
    reads: accessEvents.map(({ type }) => type),
    table: {
      columns: { company: 'text', principal: 'text', kind: 'text', roles: 'jsonb' },
      key: ['company', 'principal'],
      company: 'company',
      // Grants are looked up by who somebody is, then by the bureaus that they belong to.
      indexes: [{ name: 'principal', definition: '(principal)' }],
    },
    key: ({ meta }) => ({ company: meta.key, principal: principalOf(meta.stream) }),
    project(row, event) {
      const { key, stream } = event.meta;
      const of = { company: key, principal: principalOf(stream) };
      switch (event.type) {
        case 'identity.role.granted': {
          const { company, product, level } = event.data;
          const kind = company === 'platform' ? 'operator' : 'user';
          return { ...of, kind, roles: { ...row?.roles, [product]: level } };
        }
        case 'identity.role.revoked': {
          const { [event.data.product]: _taken, ...roles } = row?.roles ?? {};
          return row && Object.keys(roles).length > 0 ? { ...row, roles } : undefined;
        }
        case 'identity.gateway.paired':
          return { ...of, kind: 'gateway', roles: {} };
        case 'identity.gateway.unpaired':
          return undefined;
        case 'identity.delegation.given': {
          const roles = Object.fromEntries(event.data.products.map(({ product, level }) => [product, level]));
          return { ...of, kind: 'bureau', roles };
        }
        case 'identity.delegation.ended':
          return undefined;
        case 'identity.user.locked':
          // A lock for a time comes from whoever guesses at a password, and must not stop somebody who is at work.
          return event.data.until === undefined ? { ...of, kind: 'lock', roles: {} } : row;
        case 'identity.user.unlocked':
          return undefined;
        case 'identity.gateway.pairing-offered':
        case 'identity.gateway.connected':
        case 'identity.gateway.disconnected':
          return row;
      }
    },
  });
}

/** Beside the row of what an operator may do, which has the same company. */
export function lockOf(user: string): string {
  return `lock:${user}`;
}

/** The last part of `identity.role/<company>/<user>` and of the others like it. */
function principalOf(stream: string): string {
  const { category, parts } = parseStream(stream);
  return category === USER_CATEGORY ? lockOf(parts[0] ?? '') : (parts[1] ?? '');
}
