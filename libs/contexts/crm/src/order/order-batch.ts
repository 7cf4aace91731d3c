import { isObject, orderNumber, parseOrder, type OrderRecord } from '@samspill/contracts';
import type { Fault, Rejection } from '@samspill/kernel';
import { lineFault, readNdjsonBatch, referenceOfSent, type NdjsonBatch } from '@samspill/platform';

/** One change of an order as an agent sent it, checked. */
export type OrderChange =
  | { readonly kind: 'put'; readonly line: number; readonly reference: string; readonly order: OrderRecord }
  | { readonly kind: 'remove'; readonly line: number; readonly reference: string }
  | {
      readonly kind: 'bad';
      readonly line: number;
      /** The order's number, if there is one that can be used; else a reference made of what was sent. */
      readonly reference: string;
      readonly number: string | undefined;
      readonly faults: readonly Fault[];
      readonly sent: Readonly<Record<string, unknown>>;
    };

/**
 * Reads a batch: one JSON object a line, `{"op":"put","order":{…}}` or `{"op":"delete","number":"10248"}`. A line whose order is bad
 * becomes a `bad` change; a line that is no change at all refuses the batch, with every such line named.
 */
export function readOrderBatch(body: Buffer): NdjsonBatch<OrderChange> | Rejection {
  return readNdjsonBatch(body, readChange);
}

function readChange(sent: Readonly<Record<string, unknown>>, line: number): OrderChange | Fault {
  if (sent['op'] === 'put') return readPut(sent, line);
  if (sent['op'] === 'delete') return readDelete(sent, line);
  return lineFault(line, 'line.op', 'op must be put or delete.');
}

function readPut(sent: Readonly<Record<string, unknown>>, line: number): OrderChange {
  const parsed = parseOrder(sent['order']);
  if (parsed.ok) return { kind: 'put', line, reference: parsed.order.number, order: parsed.order };
  const number = isObject(sent['order']) ? orderNumber(sent['order']['number']) : undefined;
  return bad(number, parsed.faults, sent, line);
}

function readDelete(sent: Readonly<Record<string, unknown>>, line: number): OrderChange {
  const number = orderNumber(sent['number']);
  if (number !== undefined) return { kind: 'remove', line, reference: number };
  const detail = 'A deletion needs the number of the order.';
  return bad(undefined, [{ pointer: '/number', code: 'number.missing', detail }], sent, line);
}

function bad(
  number: string | undefined,
  faults: readonly Fault[],
  sent: Readonly<Record<string, unknown>>,
  line: number,
): OrderChange {
  return { kind: 'bad', line, number, reference: number ?? referenceOfSent(sent), faults, sent };
}
