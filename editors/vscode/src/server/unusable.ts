/** Why a server could not be used, with a sentence for the person. */
export class Unusable extends Error {
  constructor(
    message: string,
    readonly kind: 'missing' | 'mismatch' | 'broken' | 'slow',
  ) {
    super(message);
  }
}
