export { type ApiGatewayFanoutOptions, apiGatewayFanout } from './api-gateway-fanout.ts';
export type { ManagementApi } from './management-api.ts';
