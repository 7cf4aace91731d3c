import type { LookUpOutcome, SendOutcome } from '@samspill/eventlog';

/** Where somebody can be written to. */
export interface CrmAddress {
  readonly lines: readonly string[];
  readonly postcode?: string;
  readonly town?: string;
  readonly region?: string;
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
}

/** A customer as its company's ERP has it. An absent field is empty there, and shall be empty in the CRM. */
export interface CrmCustomer {
  readonly kind: 'customer';
  readonly number: string;
  readonly name: string;
  readonly organisationNumber?: string;
  readonly address?: CrmAddress;
  /** E.164 where it could be read as a number; else as the ERP has it. */
  readonly phone?: string;
  readonly mobile?: string;
  readonly email?: string;
  readonly website?: string;
}

/** A person at a customer. */
export interface CrmPerson {
  readonly kind: 'person';
  readonly number: string;
  readonly name: string;
  /** Our reference to the customer that the person belongs to. */
  readonly customer: string;
  readonly title?: string;
  readonly department?: string;
  readonly phone?: string;
  readonly mobile?: string;
  readonly email?: string;
}

export interface CrmOrder {
  readonly kind: 'order';
  readonly number: string;
  /** Our reference to the customer whose order it is. */
  readonly customer: string;
  /** ISO 8601 dates without a time. */
  readonly orderedOn: string;
  readonly deliverOn?: string;
  readonly status: 'open' | 'delivered' | 'cancelled';
  /** ISO 4217. */
  readonly currency: string;
  /** Without VAT, decimal digits with a point: `1250.50`. */
  readonly total: string;
  /** What the order is called in a list. */
  readonly title: string;
  readonly lines: readonly CrmOrderLine[];
}

export interface CrmOrderLine {
  readonly article?: string;
  readonly text: string;
  /** Decimal digits with a point, as are the others. */
  readonly quantity: string;
  readonly unitPrice: string;
  readonly amount: string;
}

export type CrmRecord = CrmCustomer | CrmPerson | CrmOrder;
export type CrmKind = CrmRecord['kind'];

/**
 * How one record shall be in the CRM.
 * - `put`: there, with just these fields, and not archived; what people at the CRM keep in other fields stays.
 * - `archive`: archived by the CRM's own means, so that it can be brought back there; where it never was, nothing is to be done.
 * - `erase`: as `archive`, and fields that we write and that are about a person are emptied first.
 */
export type CrmWish = (
  | { readonly wish: 'put'; readonly record: CrmRecord }
  | { readonly wish: 'archive' | 'erase'; readonly kind: CrmKind }
) & {
  /** Ours: the CRM keeps it in a unique field of the record, and is asked by it. At most 200 characters. */
  readonly reference: string;
  /** Hash of what is wished, kept by the CRM in another field of ours: by it one can tell what the CRM has. At most 64 characters. */
  readonly content: string;
  /** The same however often this is sent. A UUID. */
  readonly idempotencyKey: string;
  /** What the CRM calls the record, where it has said so before: quicker than asking by reference, and of no force if it is gone. */
  readonly crmId?: string;
  /** Of a person or an order: what the CRM calls the customer, where that is known. */
  readonly customerCrmId?: string;
};

/** How much at once, and how late its effects show. */
export interface CrmLimits {
  /** Wishes in one call; as many as the CRM takes in one request. */
  readonly batchSize: number;
  readonly callTimeoutMs: number;
  /** How long after a call the CRM may take to show its effect when it is asked. */
  readonly settleMs: number;
}

/** Whether the CRM can be worked with; `words` are the CRM's own. */
export type CrmCheck =
  | {
      readonly kind: 'ready';
      /**
       * Which of the vendor's accounts it is: `hubspot/4711`. The same whatever signs us in there; what a record is called in one account
       * says nothing in another.
       */
      readonly account: string;
    }
  | {
      readonly kind: 'not-ready';
      readonly code: CrmReason;
      readonly words: string;
      readonly retryAfterMs?: number;
    };

/** Stable codes of what may be the matter with a CRM as a whole: what a person is told to do goes by them. */
export type CrmReason =
  /** The token is wrong, expired or withdrawn. */
  | 'crm.sign-in-refused'
  /** Signed in, but something that is needed is not allowed. */
  | 'crm.permission-missing'
  /** A field, an object type or an extension that is needed is not there and cannot be made by us. */
  | 'crm.set-up-missing'
  | 'crm.rate-limited'
  /** No connection, no answer. */
  | 'crm.unreachable'
  /** 500, 502, 503 and the like. */
  | 'crm.failing';

/** Codes of what may be the matter with one record. */
export type CrmRecordReason =
  /** The CRM does not take it as it is: its words say why. */
  | 'crm.record-refused'
  /** The customer is not in the CRM (yet): `not-sent`, `holdsUp: 'thing'`. */
  | 'crm.customer-not-there'
  /** Somebody else is writing to the record: `not-sent`, `holdsUp: 'thing'`. */
  | 'crm.record-busy';

/**
 * A company's CRM, over its vendor's API. All wishes of one call are of one kind and one company, and of each record there is one.
 *
 * What is certain is said of each (`docs/how-to/add-a-reactor.md`): `confirmed` with the CRM's id as `reference`, `refused`, `not-sent`,
 * `unknown`. Codes are {@link CrmReason} (then `holdsUp: 'key'`) or {@link CrmRecordReason}. Where the CRM has what is wished already, a
 * wish is `confirmed` without a write. Calls wait within the vendor's rate limit rather than run into it; they end when `signal` is
 * aborted, and nothing goes out after that.
 */
export interface Crm {
  readonly limits: CrmLimits;
  write(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly SendOutcome[]>;
  /** Whether the CRM has just this content under this reference; of `archive` and `erase`, whether the record is out of sight there. */
  lookUp(wishes: readonly CrmWish[], signal: AbortSignal): Promise<readonly LookUpOutcome[]>;
  /** Signs in, looks which account it is and whether everything is allowed, and makes the fields of ours that are missing there. */
  check(signal: AbortSignal): Promise<CrmCheck>;
}

/** The CRMs that companies are connected to. */
export interface Crms {
  /** @returns undefined where the company is not connected to any */
  of(company: string): Promise<Crm | undefined>;
  /** Of many companies at once; those that are not connected are left out. Asked several times a second. */
  among(companies: readonly string[]): Promise<ReadonlyMap<string, Crm>>;
}
