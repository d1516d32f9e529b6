/** Why a server could not be used, with a sentence for the person. */
import type { Launch } from './find';

export class Unusable extends Error {
  constructor(
    message: string,
    readonly kind: 'missing' | 'mismatch' | 'broken' | 'slow' | 'unfetched' | 'cancelled',
    /** What brings the fitting server there, to be run in a terminal. */
    readonly command?: string,
  ) {
    super(message);
  }
}

/** What uv, pipx and pip put before what went wrong; what caused it follows below. */
const CAUSE = /^\s*(?:error:|caused? by:|cause:|×|╰─▶)\s*/i;

/** Says why a server ended before it answered, by the last lines that it wrote. */
export function whyEnded(launch: Launch, reason: string, lines: string[]): Unusable {
  const causes = lines.filter((line) => CAUSE.test(line)).map((line) => line.replace(CAUSE, '').replace(/[.:]?\s*$/, ''));
  if (launch.slow && causes.length > 0) {
    const said = causes.slice(0, 2).join(': ');
    return new Unusable(`${launch.origin} could not fetch Conduit’s server. ${said}. Is there a connection, and does ${launch.origin} know your package index?`, 'unfetched');
  }
  return new Unusable(`Conduit’s server (${launch.command}) did not start. ${reason} ${lines.slice(-3).join(' ')}`.trim(), 'broken');
}
