/**
 * A reply of Redis, read as buffers, in Upstash's JSON. In base64 all strings are encoded but a plain `OK`, which
 * clients take as it is; inside arrays they decode that, too.
 */
export function encodeReply(reply: unknown, base64: boolean): unknown {
  if (base64 && Buffer.isBuffer(reply) && reply.toString('latin1') === 'OK') return 'OK';
  return encodeNested(reply, base64);
}

function encodeNested(reply: unknown, base64: boolean): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString(base64 ? 'base64' : 'utf8');
  if (typeof reply === 'string') return base64 ? Buffer.from(reply).toString('base64') : reply;
  if (Array.isArray(reply)) return reply.map((each) => encodeNested(each, base64));
  if (reply instanceof Error) return encodeNested(reply.message, base64);
  // ioredis makes an object of HGETALL's reply. Redis, and so Upstash, answers names and values in one list.
  if (reply instanceof Object) return encodeNested(Object.entries(reply).flat(), base64);
  return reply ?? null;
}
