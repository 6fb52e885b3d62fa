export { type ApiGatewayFanoutOptions, apiGatewayFanout } from './api-gateway-fanout.ts';
