/** A backend could not be reached or did not answer. Nothing is known of what it did. Callers may try again. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  readonly backend: string;
  constructor(backend: string, options?: ErrorOptions) {
    super(`${backend} is not available`, options);
    this.backend = backend;
  }
}
