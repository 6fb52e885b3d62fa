/** What tests run on besides the adapters in memory, which always run. Each is used when its variable says where it is. */
export const ENGINES = [
  { name: 'MongoDB', variable: 'MONGODB_URL' },
  { name: 'Redis', variable: 'REDIS_URL' },
  { name: 'DynamoDB', variable: 'DYNAMODB_ENDPOINT' },
] as const;

export type EngineName = (typeof ENGINES)[number]['name'];

/** Where the engine is; `undefined` when its tests are skipped in this run. */
export function engineUrl(name: EngineName): string | undefined {
  const engine = ENGINES.find((each) => each.name === name);
  return (engine && process.env[engine.variable]) || undefined;
}
