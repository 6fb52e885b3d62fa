/** Bundles the sources and answers the folder that holds the result. */
export function bundle(): Promise<string>;
