import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { orderRecord } from './order.js';
import { parseOrder } from './parse-order.js';

const amount = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.stringMatching(/^\d{1,15}$/),
    fc.option(fc.stringMatching(/^\d{0,6}$/)),
  )
  .map(([sign, integer, fraction]) => `${sign}${integer}${fraction === null ? '' : `.${fraction}`}`);
const order = fc.record({
  number: fc.stringMatching(/^[ A-Za-z0-9/]{0,20}[A-Z]$/),
  customer: fc.stringMatching(/^[A-Z]{1,5} ?$/),
  orderedOn: fc.constant('1996-07-04'),
  currency: fc.constantFrom('nok', 'SEK '),
  total: amount,
  lines: fc.array(fc.record({ text: fc.constant(' Chai'), quantity: amount, unitPrice: amount, amount }), {
    maxLength: 3,
  }),
});

describe('an order from outside', () => {
  it('comes out in a form that fits the event, and that is its own canonical form', () => {
    fc.assert(
      fc.property(order, (sent) => {
        const parsed = parseOrder(sent);
        if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
        expect(orderRecord.parse(parsed.order)).toEqual(parsed.order);
        expect(JSON.stringify(parseOrder(parsed.order))).toBe(JSON.stringify(parsed));
      }),
    );
  });

  it.each([
    ['14.00', '14'],
    ['-007.50', '-7.5'],
    ['+.5', '0.5'],
    ['-0.0', '0'],
    ['0', '0'],
  ])('has %s as %s', (typed, canonical) => {
    const parsed = parseOrder({
      number: '1',
      customer: '1',
      orderedOn: '2026-03-01',
      currency: 'NOK',
      total: typed,
    });
    expect(parsed).toMatchObject({ ok: true, order: { total: canonical } });
  });

  it('is refused with every fault at once', () => {
    const parsed = parseOrder({
      number: ' ',
      orderedOn: '4.7.1996',
      currency: 'kroner',
      total: 12.5,
      colour: 'red',
      lines: [{ text: 'Chai', quantity: '1,5', unitPrice: '1', amount: '.' }],
    });
    expect(parsed.ok ? [] : parsed.faults.map(({ pointer, code }) => `${pointer} ${code}`).sort()).toEqual([
      '/colour field.unknown',
      '/currency currency.invalid',
      '/customer customer.missing',
      '/lines/0/amount amount.invalid',
      '/lines/0/quantity quantity.invalid',
      '/number number.invalid',
      '/orderedOn orderedOn.invalid',
      '/total total.invalid',
    ]);
  });
});
