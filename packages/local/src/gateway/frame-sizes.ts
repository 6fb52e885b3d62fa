/**
 * Reads the headers of WebSocket frames (RFC 6455, 5.2) out of a byte stream and reports each payload's length, as soon
 * as the header is there. `ws` checks the size of messages only, but API Gateway limits single frames too.
 */
export function frameSizes(onFrame: (payloadBytes: number) => void): (chunk: Buffer) => void {
  let header = Buffer.alloc(0);
  let payloadLeft = 0;
  return (chunk) => {
    let offset = 0;
    while (offset < chunk.length) {
      if (payloadLeft > 0) {
        const skipped = Math.min(payloadLeft, chunk.length - offset);
        payloadLeft -= skipped;
        offset += skipped;
        continue;
      }
      header = Buffer.concat([header, chunk.subarray(offset, offset + 1)]);
      offset += 1;
      if (header.length < headerBytes(header)) continue;
      payloadLeft = payloadBytes(header);
      header = Buffer.alloc(0);
      onFrame(payloadLeft);
    }
  };
}

/** Two bytes, up to eight more of length, four of mask; as far as the bytes at hand can tell. */
function headerBytes(header: Buffer): number {
  const second = header[1];
  if (second === undefined) return 2;
  const lengthBytes = (second & 0x7f) === 126 ? 2 : (second & 0x7f) === 127 ? 8 : 0;
  return 2 + lengthBytes + (second & 0x80 ? 4 : 0);
}

function payloadBytes(header: Buffer): number {
  const length = header.readUInt8(1) & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? Number(header.readBigUInt64BE(2)) : length;
}
