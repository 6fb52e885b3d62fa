import { expect } from 'vitest';
import { stageSettings } from '../../../infra/stage.ts';
import { type Expectations, FUNCTION, one } from './graph.ts';

/** What has to hold beside everything else where a stage's data is made with it. */
export const MANAGED_DATA = {
  'a stage has a cluster of its tier, with backups where it is protected, in a project of its own': (
    graph,
    stage,
  ) => {
    const { protect, removal, mongoTier } = stageSettings(stage);
    const project = one(graph, 'mongodbatlas:index/project:Project', 'MongoProject');
    expect(project.inputs).toMatchObject({ name: `mnemon-${stage}`, orgId: 'atlas-organisation' });
    const type = mongoTier !== 'Flex' ? 'advancedCluster:AdvancedCluster' : 'flexCluster:FlexCluster';
    const cluster = one(graph, `mongodbatlas:index/${type}`, 'MongoCluster');
    expect(cluster.inputs.projectId).toBe('MongoProject-id');
    expect(cluster.retained).toBe(removal === 'retain');
    if (mongoTier === 'Flex') return;
    expect(cluster.inputs).toMatchObject({ pitEnabled: protect, terminationProtectionEnabled: protect });
    const [{ regionConfigs }] = cluster.inputs.replicationSpecs;
    expect(regionConfigs).toMatchObject([{ electableSpecs: { instanceSize: mongoTier, nodeCount: 3 } }]);
  },

  'a transaction whose function died is ended soon': (graph, stage) => {
    if (stageSettings(stage).mongoTier === 'Flex') return; // has no settings
    const { inputs } = one(graph, 'mongodbatlas:index/advancedCluster:AdvancedCluster', 'MongoCluster');
    const { transactionLifetimeLimitSeconds } = inputs.advancedConfiguration;
    expect(transactionLifetimeLimitSeconds).toBeGreaterThanOrEqual(5);
    expect(transactionLifetimeLimitSeconds).toBeLessThanOrEqual(10);
  },

  'its user may read and write one database, with a password that nobody has seen': (graph, stage) => {
    const { inputs, secret } = one(graph, 'mongodbatlas:index/databaseUser:DatabaseUser', 'MongoUser');
    expect(inputs.roles).toEqual([{ roleName: 'readWrite', databaseName: `mnemon-${stage}` }]);
    expect(inputs.scopes).toMatchObject([{ type: 'CLUSTER' }]);
    expect(inputs.password).toHaveLength(40);
    expect(secret).toContain('password');
  },

  'functions are told where both are': (graph, stage) => {
    const { variables } = one(graph, FUNCTION, 'MessageFunction').inputs.environment;
    const host = `mnemon-${stage}:${'p'.repeat(40)}@made.example.mongodb.net`;
    expect(variables).toMatchObject({
      MONGODB_URL: `mongodb+srv://${host}/?retryWrites=true&w=majority`,
      UPSTASH_REDIS_REST_URL: 'https://made.upstash.io',
      UPSTASH_REDIS_REST_TOKEN: 'made-token',
    });
  },
} satisfies Expectations;
