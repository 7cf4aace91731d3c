import type { EmployeeEvent, ErpUserEvent } from '@samspill/contracts';
import type { Recorded } from '@samspill/kernel';
import type { FoundPerson, PersonValue } from '@samspill/platform';

/** What the events of an ERP user or an employee say of the person, now and before. */
export type ErpHistory = Pick<FoundPerson, 'fields' | 'former'> & {
  /** `none`: there never was one. `deleted`: the business system has them no more. */
  readonly state: 'none' | 'kept' | 'deleted' | 'forgotten';
};

/** Since when each field has its value, who said so, and what it was before; of the forgotten nothing. */
export function erpHistory(events: readonly Recorded<ErpUserEvent | EmployeeEvent>[]): ErpHistory {
  let state: ErpHistory['state'] = 'none';
  const now = new Map<string, PersonValue>();
  const former: (PersonValue & { readonly until: string })[] = [];
  for (const event of events) {
    const { time, actor } = event.meta;
    const said = saidBy(event, now);
    for (const [field, value] of said.fields) {
      const before = now.get(field);
      if (before?.value === value) continue;
      if (before) former.push({ ...before, until: time });
      if (value === undefined || value === '') now.delete(field);
      else now.set(field, { field, value, since: time, from: actor });
    }
    state = said.state;
    if (state === 'forgotten') {
      now.clear();
      former.length = 0;
    }
  }
  return { state, fields: [...now.values()], former };
}

interface Said {
  readonly state: ErpHistory['state'];
  /** By pointer; undefined where there is no value any more. */
  readonly fields: readonly (readonly [string, string | undefined])[];
}

function saidBy(event: ErpUserEvent | EmployeeEvent, now: ReadonlyMap<string, PersonValue>): Said {
  switch (event.type) {
    case 'identity.erp-user.changed':
    case 'identity.employee.changed': {
      const fields = Object.entries(event.data).map(([key, value]) => [`/${key}`, value] as const);
      const left = ['/email', '/phone', '/employee'].filter(
        (field) => !fields.some(([each]) => each === field),
      );
      return { state: 'kept', fields: [...fields, ...left.map((field) => [field, undefined] as const)] };
    }
    case 'identity.erp-user.employee-linked':
      return { state: 'kept', fields: [['/linkedEmployee', event.data.employee]] };
    case 'identity.erp-user.employee-unlinked':
      return { state: 'kept', fields: [['/linkedEmployee', undefined]] };
    case 'identity.erp-user.registered':
      return { state: 'kept', fields: [['/user', event.data.user]] };
    case 'identity.erp-user.removed':
    case 'identity.employee.removed':
      return { state: 'deleted', fields: [...now.keys()].map((field) => [field, undefined] as const) };
    case 'identity.erp-user.forgotten':
    case 'identity.employee.forgotten':
      return { state: 'forgotten', fields: [] };
    case 'identity.erp-user.forgetting-lifted':
    case 'identity.employee.forgetting-lifted':
      return { state: 'none', fields: [] };
  }
}
