import { createHash, createHmac } from 'node:crypto';
import { encodeUriSegment } from './encode-uri-segment.ts';

export interface SignableRequest {
  method: string;
  /** Encoded, without a query. */
  path: string;
  headers: Record<string, string>;
  body?: unknown;
}

/** Signs a request in place; what the SDK calls a signer. */
export interface RequestSigner {
  sign<Request extends SignableRequest>(
    request: Request,
    options?: { signingDate?: Date | string | number },
  ): Promise<Request>;
}

export interface RequestSignerOptions {
  /** Asked at every request: a role's credentials change while it runs. */
  credentials: () => Promise<Credentials>;
  region: string;
  /** Its name in a signature: `execute-api`. */
  service: string;
}

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** What a hop on the way may change, and what is not there yet. */
const UNSIGNED = new Set(['authorization', 'user-agent', 'x-amzn-trace-id']);

/**
 * AWS Signature Version 4 of requests without a query. The SDK's own signer derives the day's key for each request and
 * hashes the same frame for each recipient, 0.15 ms a post; this one keeps both. A test holds the two to the same
 * signatures.
 */
export function requestSigner(options: RequestSignerOptions): RequestSigner {
  const signingKey = keyOfTheDay();
  const bodyHashes = new WeakMap<object, string>();

  const hashBody = (body: unknown): string => {
    if (!(body instanceof Uint8Array)) return sha256(typeof body === 'string' ? body : '');
    const hash = bodyHashes.get(body) ?? sha256(body);
    bodyHashes.set(body, hash);
    return hash;
  };

  return {
    async sign(request, { signingDate = new Date() } = {}) {
      const credentials = await options.credentials();
      const time = basicIso(signingDate);
      const scope = [time.slice(0, 8), options.region, options.service, 'aws4_request'];
      const bodyHash = hashBody(request.body);
      const headers: Record<string, string> = {
        ...request.headers,
        'x-amz-date': time,
        'x-amz-content-sha256': bodyHash,
        ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken }),
      };
      const { names, lines } = canonicalHeaders(headers);
      const path = canonicalPath(request.path);
      const canonical = `${request.method}\n${path}\n\n${lines}\n\n${names}\n${bodyHash}`;
      const text = `${ALGORITHM}\n${time}\n${scope.join('/')}\n${sha256(canonical)}`;
      const signature = createHmac('sha256', signingKey(credentials, scope)).update(text).digest('hex');
      const credential = `${credentials.accessKeyId}/${scope.join('/')}`;
      headers.authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
      request.headers = headers;
      return request;
    },
  };
}

/** Derives the key of a day, region and service, and keeps the newest. */
function keyOfTheDay(): (credentials: Credentials, scope: readonly string[]) => Buffer {
  let kept: { secret: string; scope: string; key: Buffer } | undefined;
  return ({ secretAccessKey: secret }, parts) => {
    const scope = parts.join('/');
    if (kept?.secret !== secret || kept.scope !== scope) {
      let key = Buffer.from(`AWS4${secret}`);
      for (const part of parts) key = createHmac('sha256', key).update(part).digest();
      kept = { secret, scope, key };
    }
    return kept.key;
  };
}

function canonicalHeaders(headers: Record<string, string>): { names: string; lines: string } {
  const signed = Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim().replace(/\s+/g, ' ')] as const)
    .filter(([name]) => !UNSIGNED.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    names: signed.map(([name]) => name).join(';'),
    lines: signed.map(([name, value]) => `${name}:${value}`).join('\n'),
  };
}

/** The path is encoded once more: SigV4 wants that of every service but S3. */
const canonicalPath = (path: string): string => path.split('/').map(encodeUriSegment).join('/');

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** `20260731T235959Z` */
const basicIso = (date: Date | string | number): string =>
  new Date(date).toISOString().replace(/[-:]|\.\d{3}/g, '');
