import { dataSecrets } from './secrets.ts';
import { stageSettings } from './stage.ts';

interface Data {
  mongoUrl: $util.Output<string>;
  upstashUrl: $util.Output<string>;
  upstashToken: $util.Output<string>;
}

const { region, removal, protect, mongoTier } = stageSettings($app.stage);

/** Stages may share a MongoDB and a Redis: database and channels carry the stage's name, and so do logs and figures. */
export const stageName = `${$app.name}-${$app.stage}`;

const atlasRegion = region.toUpperCase().replaceAll('-', '_');

const kept = { retainOnDelete: removal === 'retain', protect };

/** The transactions of Mnemon take milliseconds. One whose function died keeps its space's other writers waiting until this ends it. */
const TRANSACTION_SECONDS = 10;

/** MongoDB and Redis. Functions are told where by their environment, others may link it. */
export const data = new sst.Linkable<Data>('Data', {
  properties:
    dataSecrets.kind === 'secrets'
      ? dataSecrets
      : { mongoUrl: makeMongo(dataSecrets.atlasOrgId), ...makeRedis() },
});

/** Atlas: a project of the stage's own, with one cluster and one user, who may read and write one database. */
function makeMongo(orgId: $util.Output<string>): Data['mongoUrl'] {
  const { id: projectId } = new mongodbatlas.Project('MongoProject', { orgId, name: stageName }, kept);
  const cluster = mongoTier === 'Flex' ? makeFlexCluster(projectId) : makeCluster(projectId, mongoTier);
  // Without a network of their own, functions come from any address: who knows the password comes in, over TLS.
  const access = new mongodbatlas.ProjectIpAccessList('MongoAccess', { projectId, cidrBlock: '0.0.0.0/0' });
  const { result: password } = new random.RandomPassword('MongoPassword', { length: 40, special: false });
  const user = new mongodbatlas.DatabaseUser('MongoUser', {
    projectId,
    username: stageName,
    password,
    authDatabaseName: 'admin',
    roles: [{ roleName: 'readWrite', databaseName: stageName }],
    scopes: [{ type: 'CLUSTER', name: cluster.name }],
  });
  const host = cluster.connectionStrings.standardSrv.apply((url) => url.replace(/^mongodb\+srv:\/\//, ''));
  // Access belongs to it: nobody gets in before.
  return $util.secret(
    $util
      .all([user.username, password, host, access.id])
      .apply(([name, word, at]) => `mongodb+srv://${name}:${word}@${at}/?retryWrites=true&w=majority`),
  );
}

/** Small and cheap; it backs itself up once a day. */
function makeFlexCluster(projectId: $util.Output<string>) {
  return new mongodbatlas.FlexCluster(
    'MongoCluster',
    { projectId, name: stageName, providerSettings: { backingProviderName: 'AWS', regionName: atlasRegion } },
    kept,
  );
}

/** Three members in a region, of a protected stage with continuous backup. */
function makeCluster(projectId: $util.Output<string>, instanceSize: string) {
  return new mongodbatlas.AdvancedCluster(
    'MongoCluster',
    {
      projectId,
      name: stageName,
      clusterType: 'REPLICASET',
      backupEnabled: protect,
      pitEnabled: protect,
      terminationProtectionEnabled: protect,
      advancedConfiguration: { transactionLifetimeLimitSeconds: TRANSACTION_SECONDS },
      replicationSpecs: [
        {
          regionConfigs: [
            {
              providerName: 'AWS',
              regionName: atlasRegion,
              priority: 7,
              electableSpecs: { instanceSize, nodeCount: 3 },
            },
          ],
        },
      ],
    },
    kept,
  );
}

function makeRedis(): Omit<Data, 'mongoUrl'> {
  const redis = new upstash.RedisDatabase(
    'Redis',
    { databaseName: stageName, region: 'global', primaryRegion: region, tls: true, eviction: false },
    kept,
  );
  return { upstashUrl: $interpolate`https://${redis.endpoint}`, upstashToken: $util.secret(redis.restToken) };
}
