import type { LinkEvent, LinkSettings } from '@samspill/contracts';
import { reject, streamName, type CompanyId, type Decider } from '@samspill/kernel';
import { holdsUpStart, READY, type LinkReason } from './link-reasons.js';

/** What a company's link is told to do, and what was found out about its CRM last. */
export interface LinkState {
  readonly isOn: boolean;
  readonly settings: LinkSettings;
  readonly diagnosis: string | undefined;
}

type WatermarkMoved = Extract<LinkEvent, { type: 'crm.link.watermark-moved' }>['data'];

export type LinkCommand =
  /** `found`: what a look at the CRM has just shown. */
  | { readonly kind: 'start'; readonly found: LinkReason }
  | { readonly kind: 'stop' }
  | { readonly kind: 'change-settings'; readonly settings: Partial<LinkSettings> }
  | { readonly kind: 'diagnose'; readonly found: LinkReason }
  | { readonly kind: 'move-watermark'; readonly moved: WatermarkMoved };

/** Safe ones: nothing is ever deleted for good, and of whoever is forgotten nothing stays. */
export const DEFAULT_SETTINGS: LinkSettings = {
  customers: true,
  orders: true,
  onDeletion: 'archive',
  onErasure: 'erase',
  timeZone: 'Europe/Oslo',
};

/**
 * The link between a company and its CRM. One that cannot work as things are is not started, and a diagnosis says why (L3); what heals
 * by itself, such as a CRM that is away, keeps none from being started (L11). Refuses with `link.nothing-to-transfer`.
 */
export const linkDecider: Decider<LinkState, LinkCommand, LinkEvent> = {
  initial: () => ({ isOn: false, settings: DEFAULT_SETTINGS, diagnosis: undefined }),

  decide(command, state) {
    switch (command.kind) {
      case 'start': {
        const { customers, orders } = state.settings;
        if (!customers && !orders)
          return reject(
            'link.nothing-to-transfer',
            'Neither customers nor orders are switched on for this link. Switch one of them on, and start it then.',
          );
        const diagnosed = diagnose(state, command.found);
        if (state.isOn || holdsUpStart(command.found)) return diagnosed;
        return [...diagnosed, { type: 'crm.link.started', data: {} }];
      }
      case 'stop':
        return state.isOn ? [{ type: 'crm.link.stopped', data: {} }] : [];
      case 'change-settings': {
        const settings = { ...state.settings, ...command.settings };
        const changed = differing(state.settings, settings);
        return changed.length > 0
          ? [{ type: 'crm.link.settings-changed', data: { settings, changed: [...changed] } }]
          : [];
      }
      case 'diagnose':
        return diagnose(state, command.found);
      case 'move-watermark':
        return [{ type: 'crm.link.watermark-moved', data: command.moved }];
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'crm.link.started':
        return { ...state, isOn: true };
      case 'crm.link.stopped':
        return { ...state, isOn: false };
      case 'crm.link.settings-changed':
        return { ...state, settings: event.data.settings };
      case 'crm.link.diagnosed':
        return { ...state, diagnosis: event.data.code };
      case 'crm.link.watermark-moved':
        return state;
    }
  },
};

export function linkStream(company: CompanyId): string {
  return streamName('crm.link', company);
}

/** Only what is news is written down. */
function diagnose({ diagnosis = READY }: LinkState, code: LinkReason): readonly LinkEvent[] {
  return diagnosis === code ? [] : [{ type: 'crm.link.diagnosed', data: { code } }];
}

function differing(before: LinkSettings, after: LinkSettings): readonly string[] {
  const now = new Map<string, unknown>(Object.entries(after));
  return Object.entries(before).flatMap(([name, value]) => (now.get(name) === value ? [] : [name]));
}
