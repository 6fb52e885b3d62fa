import { stageSettings } from './stage.ts';

const { domain, logRetention } = stageSettings($app.stage);

const accessLog = { retention: logRetention };

/** The WebSocket API, its routes left out: functions need its endpoint. */
export const socketApi = new sst.aws.ApiGatewayWebSocket('Socket', {
  accessLog,
  ...(domain && { domain }),
});

/** The HTTP API, likewise. Who may call it from a web page is the function's to say, which tests can see. */
export const httpApi = new sst.aws.ApiGatewayV2('Http', {
  accessLog,
  cors: false,
  ...(domain && { domain: `api.${domain}` }),
});
