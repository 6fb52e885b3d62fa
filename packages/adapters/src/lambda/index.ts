export { type LambdaRelayOptions, lambdaRelay } from './lambda-relay.ts';
