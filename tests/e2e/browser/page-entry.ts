import * as client from '@mnemon/client';

declare global {
  /** What the page's bundle offers to the tests that run in it. */
  var mnemon: typeof client;
}

globalThis.mnemon = client;
