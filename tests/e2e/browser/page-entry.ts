import * as client from '@mnemon/client';
import { openIndexedDbOutbox } from '@mnemon/client/indexeddb-outbox';

const offered = { ...client, openIndexedDbOutbox };

declare global {
  /** What the page's bundle offers to the tests that run in it. */
  var mnemon: typeof offered;
}

globalThis.mnemon = offered;
