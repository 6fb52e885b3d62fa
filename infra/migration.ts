import { type Declared, declareFunction, memoryFunction } from './functions.ts';

export const migrateFunction = declareFunction('Migrate', {
  ...memoryFunction('deploy/migrate'),
  timeout: '15 minutes',
});

// Every deployment runs it, whatever it changes: it does nothing where nothing is to be done, and fails where the data
// is of a newer code.
const migration = new aws.lambda.Invocation('Migration', {
  functionName: migrateFunction.name,
  input: JSON.stringify({ deployedAt: new Date().toISOString() }),
});

/** Where the migration fails, these stay as they were: former code never comes to data of a newer one. */
export const declareMigrated = (name: string, declared: Declared) =>
  declareFunction(name, declared, { dependsOn: migration });
