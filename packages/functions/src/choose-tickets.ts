import type { Tickets } from '@mnemon/core';
import { type Host, NotHosted } from './host.ts';
import type { AuthSettings } from './settings.ts';

export async function chooseTickets(settings: AuthSettings, host: Host | undefined): Promise<Tickets> {
  const tableName = settings.TICKETS_TABLE;
  if (!tableName) {
    if (host?.ports.tickets) return host.ports.tickets;
    throw new NotHosted('tickets');
  }
  const { dynamoClient, dynamoTickets } = await import('@mnemon/adapters/dynamo');
  return dynamoTickets({ client: dynamoClient(dynamoOptions(settings)), tableName });
}

export const dynamoOptions = ({ AWS_REGION: region, DYNAMODB_ENDPOINT: endpoint }: AuthSettings) => ({
  region,
  ...(endpoint && { endpoint }),
});
