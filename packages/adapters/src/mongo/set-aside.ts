import type { Db } from 'mongodb';

/** Told once of each row that was set aside. What the row says is data, so it is not told. */
export type OnUnreadable = (row: { collection: string; rowId: string }) => void;

/** A row of a collection in which those that cannot be read are set aside. */
export interface SetAside {
  /** Set once it was found to be none of its kind. Whoever writes the whole row anew takes that back. */
  unreadable?: true;
}

/** What is set aside is met by none of the reads that ask for these. */
export const READABLE = { unreadable: { $exists: false } };

interface Options<Row, Read> {
  db: Db;
  collection: string;
  /** Throws at what cannot be read. */
  read: (row: Row) => Read;
  /** Changes with every change of a row: one that was mended meanwhile is not set aside. */
  stamp: keyof Row & string;
  onUnreadable: OnUnreadable | undefined;
}

/**
 * Reads what a query for `READABLE` rows finds. A row that cannot be read holds up no other: it is set aside, and the query
 * made again, so that a page which is short is the last one.
 */
export function readSettingAside<Row extends { _id: string }, Read>(
  options: Options<Row, Read>,
): (query: () => Promise<readonly Row[]>) => Promise<Read[]> {
  const { db, collection, read, stamp, onUnreadable } = options;
  const rows = db.collection<{ _id: string } & SetAside>(collection);

  async function setAside(row: Row): Promise<void> {
    const { _id, [stamp]: was } = row;
    const unchanged = was === undefined ? {} : { [stamp]: { $eq: was } };
    const { modifiedCount } = await rows.updateOne(
      { _id, ...READABLE, ...unchanged },
      { $set: { unreadable: true } },
    );
    if (modifiedCount === 1) onUnreadable?.({ collection, rowId: _id });
  }

  return async (query) => {
    for (;;) {
      const found: Read[] = [];
      const unreadable: Row[] = [];
      for (const row of await query()) {
        try {
          found.push(read(row));
        } catch {
          unreadable.push(row);
        }
      }
      if (unreadable.length === 0) return found;
      for (const row of unreadable) await setAside(row);
    }
  };
}
