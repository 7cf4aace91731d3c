/**
 * An e-mail address as it is compared: by it somebody is known, whatever the case in which it is typed, and whether the domain is written
 * with its letters or as DNS has it. RFC 5321 lets a server tell `Kari@` from `kari@`; none that people use does.
 */
export function emailKey(email: string): string {
  const folded = email.trim().normalize('NFKC').toLowerCase();
  const at = folded.lastIndexOf('@');
  return `${folded.slice(0, at + 1)}${asciiDomain(folded.slice(at + 1))}`;
}

function asciiDomain(domain: string): string {
  const address = `http://${domain}`;
  return URL.canParse(address) ? new URL(address).hostname : domain;
}
