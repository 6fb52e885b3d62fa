import { dynamoConnections } from '@mnemon/adapters/dynamo';
import { memoryConnections } from '@mnemon/adapters/memory';
import { connectionsContract } from '@mnemon/testing/contracts/connections-contract';
import { onDynamoDb } from './dynamo-tables.ts';

connectionsContract('memory', memoryConnections, { many: 5_000 });

onDynamoDb((name, tables) => {
  const make = ({ staleAfterMs }: { staleAfterMs: number }) => {
    const { client, names } = tables();
    return dynamoConnections({ client, tableName: names.connections, staleAfterMs });
  };
  connectionsContract(name, make, { many: 1_500 });
});
