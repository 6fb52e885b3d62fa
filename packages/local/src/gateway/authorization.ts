import type { AuthorizerEvent } from './websocket-events.ts';

export type Authorize = (event: AuthorizerEvent) => Promise<unknown>;

export type Authorization =
  | { allowed: true; context: Record<string, string | number> }
  | { allowed: false; status: 401 | 403 | 500 };

interface Statement {
  Effect?: unknown;
  Action?: unknown;
  Resource?: unknown;
}

/** Asks a REQUEST authorizer and reads its answer as API Gateway does. Never throws. */
export async function authorization(authorize: Authorize, event: AuthorizerEvent): Promise<Authorization> {
  const startedAt = performance.now();
  try {
    const answer = await authorize(event);
    const policy = readPolicy(answer);
    if (!policy) return { allowed: false, status: 500 };
    if (!allows(policy.statements, event.methodArn)) return { allowed: false, status: 403 };
    const integrationLatency = Math.round(performance.now() - startedAt);
    return {
      allowed: true,
      context: { ...policy.context, principalId: policy.principalId, integrationLatency },
    };
  } catch (error) {
    // This very message, and no other, is an authorizer's way to say 401.
    const unauthorized = error instanceof Error && error.message === 'Unauthorized';
    return { allowed: false, status: unauthorized ? 401 : 500 };
  }
}

function readPolicy(answer: unknown) {
  const { principalId, policyDocument, context } = Object(answer) as Record<string, unknown>;
  const statements = (Object(policyDocument) as { Statement?: unknown }).Statement;
  const strings = asStrings(context);
  if (typeof principalId !== 'string' || !Array.isArray(statements) || !strings) return undefined;
  return { principalId, statements: statements as Statement[], context: strings };
}

/** Context values may be strings, numbers or booleans; all arrive as strings. Anything else spoils the answer. */
function asStrings(context: unknown): Record<string, string> | undefined {
  const entries = Object.entries(Object(context ?? {}) as Record<string, unknown>);
  if (!entries.every(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))) return undefined;
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** IAM: an explicit deny wins, and what nothing allows is denied. */
function allows(statements: Statement[], methodArn: string): boolean {
  const applying = statements.filter(
    ({ Action, Resource }) => matches(Action, 'execute-api:Invoke') && matches(Resource, methodArn),
  );
  return (
    applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny')
  );
}

const matches = (patterns: unknown, value: string) =>
  [patterns].flat().some((pattern) => typeof pattern === 'string' && globOf(pattern).test(value));

const globOf = (pattern: string) => {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
};
