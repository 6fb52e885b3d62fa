/** Percent-encodes everything but RFC 3986's unreserved characters, as AWS expects it; JavaScript leaves a few more. */
export const encodeUriSegment = (segment: string): string =>
  encodeURIComponent(segment).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
