const UNTRUSTED =
  'This machine trusts nobody who signed its certificate: it is self-signed, the server leaves out the one between, or a proxy puts its own in. Have the server send the whole chain, or name who signs in NODE_EXTRA_CA_CERTS=ca.pem.';
const NO_TLS =
  'What answers there speaks no TLS that Node does. On one machine, is it ws://… instead of wss://…?';

/** Why there is no connection, by the code of Node's error. */
const REASONS: Readonly<Record<string, (host: string) => string>> = {
  ENOTFOUND: (host) =>
    `No name server knows ${host}. Is the address the one that was printed? Of a domain of your own, is its record there yet?`,
  EAI_AGAIN: (host) =>
    `No name server answers for ${host}. Has this machine a network, and a name server that works? Try it again.`,
  DEPTH_ZERO_SELF_SIGNED_CERT: () => UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: () => UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: () => UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () => UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () => UNTRUSTED,
  CERT_HAS_EXPIRED: () =>
    "Its certificate has expired. Renew it; if it is valid, is this machine's clock right?",
  CERT_NOT_YET_VALID: () => "Its certificate is not valid yet. Is this machine's clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: (host) =>
    `Its certificate is not for ${host}. Is the address the one that was printed? Else have a certificate made for that name, too.`,
  ERR_SSL_WRONG_VERSION_NUMBER: () => NO_TLS,
  EPROTO: () => NO_TLS,
};

/** What to do where the name or the certificate is to blame; `undefined` where neither is. */
export function adviceForUnreachable(cause: unknown, url: string): string | undefined {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (typeof code !== 'string' || !Object.hasOwn(REASONS, code)) return undefined;
  return `${REASONS[code]?.(new URL(url).hostname)} (${code})`;
}
