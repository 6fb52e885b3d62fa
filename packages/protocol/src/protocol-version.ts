/** Grows with every change of the wire; the test beside this file notices when it should have. */
export const PROTOCOL_VERSION = 1;
