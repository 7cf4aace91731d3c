import type { UserEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import type { FoundPerson, PersonValue } from '@samspill/platform';

/** What the events of a user say of the person, now and before, and what happened when. */
export type UserHistory = Pick<FoundPerson, 'fields' | 'former'> & {
  /** `none`: there never was such a user. */
  readonly state: 'none' | 'kept' | 'forgotten';
};

/** Since when each field has its value, who said so, and what it was before; of the forgotten nothing. */
export function userHistory(events: readonly Recorded<UserEvent>[]): UserHistory {
  const last = events.at(-1);
  if (!last) return { state: 'none', fields: [], former: [] };
  if (last.type === 'identity.user.forgotten') return { state: 'forgotten', fields: [], former: [] };
  const now = new Map<string, PersonValue>();
  const former: (PersonValue & { readonly until: string })[] = [];
  for (const event of events) {
    const { meta } = event;
    for (const [key, value] of saidBy(event)) {
      const field = `/${key}`;
      const before = now.get(field);
      if (before?.value === value) continue;
      if (before) former.push({ ...before, until: meta.time });
      now.set(field, { field, value, since: meta.time, from: meta.actor });
    }
  }
  return { state: 'kept', fields: [...now.values()], former };
}

function saidBy(event: UserEvent): readonly (readonly [string, string])[] {
  switch (event.type) {
    case 'identity.user.registered':
    case 'identity.user.details-changed':
      return Object.entries(event.data);
    case 'identity.user.email-changed':
      return [['email', event.data.email]];
    case 'identity.user.link-issued':
      return [[`mail/${event.data.purpose}`, event.data.email]];
    case 'identity.user.terms-accepted':
      return [['terms', event.data.version]];
    case 'identity.user.activated':
      return [['activated', 'yes']];
    case 'identity.user.password-set':
      return [['password', event.data.how]];
    case 'identity.user.second-factor-changed':
      return [[`secondFactor/${event.data.factor}`, event.data.change]];
    case 'identity.user.locked':
      return [['locked', event.data.reason]];
    case 'identity.user.unlocked':
      return [['unlocked', event.data.reason]];
    case 'identity.user.forgotten':
      return [];
  }
}
