import { randomUUID } from 'node:crypto';

/** Names that the token allows; throws where it allows one only. The service, not this, decides whether it is valid. */
export function namesFor(token: string): [string, string, string] {
  const instance = instanceIn(token);
  if (instance !== undefined && !instance.endsWith('*')) {
    throw new Error(
      `This token is for the instance ${instance} alone. The examination needs three: a token whose instance ends in *.`,
    );
  }
  const run = `${(instance ?? '*').slice(0, -1)}doctor-${randomUUID().slice(0, 8)}`;
  return [`${run}-a`, `${run}-b`, `${run}-c`];
}

function instanceIn(token: string): string | undefined {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as unknown;
    const { instance } = claims as { instance?: unknown };
    return typeof instance === 'string' ? instance : undefined;
  } catch {
    return undefined; // no JWT: the service will say so
  }
}
