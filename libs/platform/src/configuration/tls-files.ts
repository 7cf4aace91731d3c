/** PEM files of a connection over TLS. */
export interface TlsFiles {
  /** Of the authorities that the other side is trusted by. */
  readonly caFile?: string;
  /** What we show the other side, where it asks. */
  readonly own?: { readonly certFile: string; readonly keyFile: string };
}

/** What was given of them, or undefined where nothing was. */
export function tlsFiles(
  caFile: string | undefined,
  certFile: string | undefined,
  keyFile: string | undefined,
): TlsFiles | undefined {
  const own = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  if (caFile === undefined && own === undefined) return undefined;
  return { ...(caFile !== undefined && { caFile }), ...(own !== undefined && { own }) };
}
