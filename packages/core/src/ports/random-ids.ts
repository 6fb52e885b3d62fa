/** Makes names that nobody can guess and nobody has used. */
export type RandomId = () => string;
