import { z } from 'zod';

/** Longest texts of an order's fields, in UTF-16 units, and how many lines it may have. */
export const ORDER_LIMITS = {
  /** Of orders and customers, as for records. */
  numberMaxLength: 50,
  articleMaxLength: 50,
  textMaxLength: 200,
  /** More than any order that somebody reads; with all texts at their longest it still fits into an event. */
  linesMax: 500,
  /** Digits of an amount before and after its point: what the ERPs' own columns hold. */
  integerDigits: 15,
  fractionDigits: 6,
} as const;

/** Decimal digits with a point, in one way only: no leading or trailing zeros, no plus, no minus before zero. */
const decimal = z.string().regex(/^(?:0|-?(?:[1-9]\d{0,14}(?:\.\d{0,5}[1-9])?|0\.\d{0,5}[1-9]))$/);
const day = z.iso.date();
const text = (max: number): z.ZodString => z.string().min(1).max(max);

const line = z.strictObject({
  article: z.exactOptional(text(ORDER_LIMITS.articleMaxLength)),
  text: text(ORDER_LIMITS.textMaxLength),
  quantity: decimal,
  unitPrice: decimal,
  /** What the line comes to, without VAT and with its discount taken off. */
  amount: decimal,
});

export const ORDER_STATUSES = ['open', 'delivered', 'cancelled'] as const;

/**
 * A customer's order, as the company's ERP has it. It has no fields about people: who ordered is a contact person, and has a record of
 * their own. What is accepted from outside is `parseOrder`, whose results always fit this.
 */
export const orderRecord = z.strictObject({
  number: text(ORDER_LIMITS.numberMaxLength),
  /** The customer's number. */
  customer: text(ORDER_LIMITS.numberMaxLength),
  orderedOn: day,
  deliverOn: z.exactOptional(day),
  status: z.enum(ORDER_STATUSES),
  /** ISO 4217. */
  currency: z.string().regex(/^[A-Z]{3}$/),
  /** Without VAT. */
  total: decimal,
  lines: z.array(line).max(ORDER_LIMITS.linesMax).readonly(),
});
export type OrderRecord = Readonly<z.infer<typeof orderRecord>>;
export type OrderLine = OrderRecord['lines'][number];
export type OrderStatus = OrderRecord['status'];
