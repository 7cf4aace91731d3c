import { streamName } from '@samspill/kernel';
import type { CrmKind, CrmRecord } from '../crm/crm.js';

/** How one record shall be in the CRM as far as the ERP goes; what becomes of it there is a setting of the link. */
export type Desired =
  | { readonly state: 'there'; readonly record: CrmRecord }
  /** Deleted in the ERP, or forgotten at a person's wish. */
  | { readonly state: 'deleted' | 'erased'; readonly kind: CrmKind };

/** Our reference to a record in the CRM: the thing that is delivered. */
export function crmReference(kind: CrmKind, company: string, number: string): string {
  return streamName(kind, company, number);
}
