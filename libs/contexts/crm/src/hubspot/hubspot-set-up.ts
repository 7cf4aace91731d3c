import type { CrmCheck, CrmKind } from '../crm/crm.js';
import { notReadyOf } from '../vendor/failed-call.js';
import type { HubSpotApi } from './hubspot-api.js';
import { FIELDS, GROUP, TYPES } from './hubspot-fields.js';

const KINDS: readonly CrmKind[] = ['customer', 'person', 'order'];

/**
 * Whether an account can be worked with; makes the fields of ours that it lacks. Which of HubSpot's scopes are needed:
 * `crm.objects.{companies,contacts,orders}.{read,write}` and `crm.schemas.{companies,contacts,orders}.{read,write}`.
 */
export async function setUpHubSpot(api: HubSpotApi, signal: AbortSignal): Promise<CrmCheck> {
  const portal = await api.portal(signal);
  if (!portal.ok) return notReadyOf(portal.failed);
  for (const kind of KINDS) {
    const type = TYPES[kind];
    const known = await api.properties(type, signal);
    if (!known.ok) return notReadyOf(known.failed);
    const missing = FIELDS[kind].filter(({ name }) => !known.value.has(name));
    const unusable = FIELDS[kind].find(
      ({ name, hasUniqueValue }) =>
        hasUniqueValue === true && known.value.get(name)?.hasUniqueValue === false,
    );
    if (unusable)
      return {
        kind: 'not-ready',
        code: 'crm.set-up-missing',
        words: `The field ${unusable.name} of ${type} is there, but takes the same value twice. Rename or remove it, and check again.`,
      };
    if (missing.length === 0) continue;
    const group = await api.makeGroup(type, GROUP, signal);
    if (!group.ok) return notReadyOf(group.failed);
    for (const field of missing) {
      const made = await api.makeProperty(type, { ...field, groupName: GROUP.name }, signal);
      if (!made.ok) return notReadyOf(made.failed);
    }
  }
  return { kind: 'ready', account: `hubspot/${portal.value}` };
}
