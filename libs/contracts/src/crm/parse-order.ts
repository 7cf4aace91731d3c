import type { Fault } from '@samspill/kernel';
import { z } from 'zod';
import { ORDER_LIMITS, ORDER_STATUSES, type OrderRecord } from './order.js';

export type ParsedOrder =
  | { readonly ok: true; readonly order: OrderRecord }
  | { readonly ok: false; readonly faults: readonly Fault[] };

const { integerDigits, fractionDigits } = ORDER_LIMITS;
const AMOUNT = new RegExp(`^([+-]?)0*(\\d{0,${integerDigits}})(?:\\.(\\d{0,${fractionDigits}}))?$`);

const text = (max: number): z.ZodType<string> =>
  z
    .string()
    .transform((typed) => typed.trim())
    .pipe(z.string().min(1).max(max));

/** Amounts come as texts: a JSON number has lost its last digits before anybody can see them. */
const amount = z
  .string()
  .trim()
  .regex(/\d/, 'An amount is digits with a point, such as "1250.50".')
  .regex(AMOUNT, `An amount is at most ${integerDigits} digits, a point and ${fractionDigits} digits.`)
  .transform(canonicalAmount);

const sent = z.strictObject({
  number: text(ORDER_LIMITS.numberMaxLength),
  customer: text(ORDER_LIMITS.numberMaxLength),
  orderedOn: z.iso.date(),
  deliverOn: z.iso.date().optional(),
  status: z.enum(ORDER_STATUSES).default('open'),
  currency: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^[A-Z]{3}$/, 'A currency is three letters, such as NOK (ISO 4217).'),
  total: amount,
  lines: z
    .array(
      z.strictObject({
        article: text(ORDER_LIMITS.articleMaxLength).optional(),
        text: text(ORDER_LIMITS.textMaxLength),
        quantity: amount,
        unitPrice: amount,
        amount,
      }),
    )
    .max(ORDER_LIMITS.linesMax)
    .default([]),
});

/** An order from outside in its canonical form: equal orders are equal byte for byte as JSON. Every fault is named at once. */
export function parseOrder(input: unknown): ParsedOrder {
  const parsed = sent.safeParse(input);
  if (!parsed.success) return { ok: false, faults: parsed.error.issues.flatMap(faultsOf) };
  const { deliverOn, lines, ...order } = parsed.data;
  return {
    ok: true,
    order: {
      ...order,
      ...(deliverOn !== undefined && { deliverOn }),
      lines: lines.map(({ article, ...line }) => ({ ...(article !== undefined && { article }), ...line })),
    },
  };
}

/** The number of an order as it was sent, if it can be used. */
export function orderNumber(value: unknown): string | undefined {
  const parsed = text(ORDER_LIMITS.numberMaxLength).safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** `-007.50` is `-7.5`, `+0.0` is `0`. */
function canonicalAmount(typed: string): string {
  const [, sign = '', integer = '', fraction = ''] = AMOUNT.exec(typed) ?? [];
  const decimals = fraction.replace(/0+$/, '');
  const digits = `${integer === '' ? '0' : integer}${decimals === '' ? '' : `.${decimals}`}`;
  return digits === '0' || sign !== '-' ? digits : `-${digits}`;
}

function faultsOf(issue: z.core.$ZodIssue): readonly Fault[] {
  const pointer = issue.path.map((step) => `/${String(step)}`).join('');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      pointer: `${pointer}/${key}`,
      code: 'field.unknown',
      detail: `An order has no field ${key}.`,
    }));
  const field = issue.path.findLast((step) => typeof step === 'string') ?? 'order';
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ pointer, code: `${field}.${isMissing ? 'missing' : 'invalid'}`, detail: issue.message }];
}
