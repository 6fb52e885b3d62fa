import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as ws from 'ws';
import { frameSizes } from './frame-sizes.ts';

// Exported by ws, though not declared by its types.
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } };

/** Frames as ws writes them, masked as a client's are. */
const frameBytes = (sizeBytes: number) =>
  Buffer.concat(
    Sender.frame(Buffer.alloc(sizeBytes), { fin: true, opcode: 1, mask: true, rsv1: false, readOnly: false }),
  );

test('reports the size of each frame, however the stream is cut into chunks', () => {
  const sizes = fc.array(fc.oneof(fc.nat(130), fc.constantFrom(125, 126, 65_535, 65_536, 70_000)), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 4000 }), (expected, chunkBytes) => {
      const stream = Buffer.concat(expected.map(frameBytes));
      const seen: number[] = [];
      const read = frameSizes((sizeBytes) => seen.push(sizeBytes));
      for (let at = 0; at < stream.length; at += chunkBytes) read(stream.subarray(at, at + chunkBytes));
      expect(seen).toEqual(expected);
    }),
  );
});
