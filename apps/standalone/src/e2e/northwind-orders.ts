import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NORTHWIND } from './northwind.js';

/** An order of the sample, as an ERP's agent sends it; read without the product's own code. */
export interface NorthwindOrder {
  readonly number: string;
  readonly customer: string;
  readonly orderedOn: string;
  readonly deliverOn: string;
  readonly status: 'open' | 'delivered';
  readonly currency: string;
  readonly total: string;
  readonly lines: readonly {
    readonly article: string;
    readonly text: string;
    readonly quantity: string;
    readonly unitPrice: string;
    readonly amount: string;
  }[];
}

const CENTS = 2;

/** All orders with their lines. What is used of them stands before the texts in which there are commas. */
export function readNorthwindOrders(): readonly NorthwindOrder[] {
  const details = Map.groupBy(rows('order-details.csv'), ([order = '']) => order);
  return rows('orders.csv').map(
    ([number = '', customer = '', , orderedAt = '', requiredAt = '', shippedAt = '']) => {
      const lines = (details.get(number) ?? []).map(
        ([, article = '', unitPrice = '', quantity = '', discount = '']) => ({
          article,
          text: `Article ${article}`,
          quantity,
          unitPrice,
          amount: (Number(unitPrice) * Number(quantity) * (1 - Number(discount))).toFixed(CENTS),
        }),
      );
      const total = lines.reduce((sum, { amount }) => sum + Number(amount), 0).toFixed(CENTS);
      const status = shippedAt === 'NULL' ? ('open' as const) : ('delivered' as const);
      return {
        ...{ number, customer, status, total, lines, currency: 'USD' },
        orderedOn: day(orderedAt),
        deliverOn: day(requiredAt),
      };
    },
  );
}

function rows(file: string): readonly (readonly string[])[] {
  const [, ...lines] = readFileSync(join(NORTHWIND, file), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '');
  return lines.map((line) => line.split(','));
}

function day(time: string): string {
  return time.slice(0, 'YYYY-MM-DD'.length);
}
