/** The answer is larger than its reader allows. */
export class AnswerTooLargeError extends Error {
  override readonly name = 'AnswerTooLargeError';
}

/** The body of an answer as text. @throws AnswerTooLargeError as soon as it is longer than `maxBytes` */
export async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const body: ReadableStream<Uint8Array> | null = response.body;
  if (!body) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new AnswerTooLargeError(`The answer is larger than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
