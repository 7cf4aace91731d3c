import type { CheckedCountry } from '@samspill/contracts';
import type { Random } from './random.js';

/** A company's phone as people write it in its country. */
export function phoneNumber(random: Random, country: CheckedCountry): string {
  switch (country) {
    case 'NO':
      return pairs(
        `${random.pick(['22', '23', '32', '51', '55', '63', '69', '73', '75', '77'])}${random.digits(6)}`,
      );
    case 'DK':
      return pairs(`${random.pick(['33', '45', '56', '66', '75', '86', '98'])}${random.digits(6)}`);
    case 'SE':
      return `${random.pick(['08', '031', '040'])}-${random.digits(3)} ${pairs(random.digits(4))}`;
    case 'FI':
      return `09 ${random.digits(3)} ${random.digits(4)}`;
  }
}

/** A person's mobile phone as people write it in its country. */
export function mobileNumber(random: Random, country: CheckedCountry): string {
  switch (country) {
    case 'NO': {
      const digits = `${random.pick(['4', '9'])}${random.digits(7)}`;
      return `${digits.slice(0, 3)} ${digits.slice(3, 5)} ${digits.slice(5)}`;
    }
    case 'DK':
      return pairs(`${random.pick(['20', '28', '40', '51', '60'])}${random.digits(6)}`);
    case 'SE':
      return `07${random.pick(['0', '2', '3', '6', '9'])}-${random.digits(3)} ${pairs(random.digits(4))}`;
    case 'FI':
      return `0${random.pick(['40', '44', '50'])} ${random.digits(3)} ${random.digits(4)}`;
  }
}

function pairs(digits: string): string {
  let text = digits.slice(0, 2);
  for (let at = 2; at < digits.length; at += 2) text += ` ${digits.slice(at, at + 2)}`;
  return text;
}
