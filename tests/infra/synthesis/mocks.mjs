/** Answers as AWS would have, as far as it matters, and keeps every resource. */
export const mocks = (resources) => ({
  async newResource({ type, name, inputs, custom }) {
    if (type === 'aws:lambda/invocation:Invocation') await nothingElseToDo();
    if (!custom) return { id: name, state: inputs }; // a component: what it is made of comes too
    resources.push({
      type,
      name,
      inputs: revealed(inputs),
      secret: Object.keys(inputs).filter((each) => isSecret(inputs[each])),
    });
    return { id: `${name}-id`, state: { ...inputs, ...madeUp(type, name, inputs) } };
  },
  call({ token, inputs }) {
    switch (token) {
      case 'aws:iam/getPolicyDocument:getPolicyDocument':
        return { ...inputs, json: JSON.stringify({ Statement: inputs.statements ?? [] }) };
      case 'aws:index/getRegion:getRegion':
        return { region: 'us-east-1', id: 'us-east-1', name: 'us-east-1' };
      case 'aws:index/getPartition:getPartition':
        return { partition: 'aws' };
      case 'aws:index/getCallerIdentity:getCallerIdentity':
        return { accountId: ACCOUNT };
      default:
        throw new Error(`no mock for ${token}`);
    }
  },
});

/** So a function that is invoked takes longer than whatever does not wait for it. */
const nothingElseToDo = () => new Promise((resolve) => process.once('beforeExit', resolve));

/** Pulumi marks what its state has to encrypt. */
const isSecret = (value) =>
  value?.['4dabf18193072939515e22adb298388d'] === '1b47061264138c4ac30d75fd1eb44270';

function revealed(value) {
  if (isSecret(value)) return revealed(value.value);
  if (Array.isArray(value)) return value.map(revealed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, revealed(each)]));
}

const ACCOUNT = '123456789012';

function madeUp(type, name, inputs) {
  const [service] = type.split(':')[1].split('/');
  const arn = `arn:aws:${service}:us-east-1:${ACCOUNT}:${name}`;
  const common = { arn, name: inputs.name ?? name };
  switch (type) {
    case 'aws:apigatewayv2/api:Api': {
      const scheme = inputs.protocolType === 'WEBSOCKET' ? 'wss' : 'https';
      return {
        ...common,
        apiEndpoint: `${scheme}://${name}.execute-api.us-east-1.amazonaws.com`,
        executionArn: `arn:aws:execute-api:us-east-1:${ACCOUNT}:${name}`,
      };
    }
    case 'aws:apigatewayv2/domainName:DomainName':
      return {
        ...common,
        domainNameConfiguration: { ...inputs.domainNameConfiguration, targetDomainName: 'target' },
      };
    case 'aws:apigateway/account:Account':
      return { ...common, cloudwatchRoleArn: 'arn:aws:iam::1:role/logs' };
    case 'aws:lambda/function:Function':
      return { ...common, invokeArn: `${arn}/invoke`, qualifiedArn: `${arn}:1` };
    case 'aws:lambda/functionUrl:FunctionUrl':
      return { ...common, functionUrl: `https://${name}.lambda-url.us-east-1.on.aws/` };
    case 'random:index/randomBytes:RandomBytes':
      return { base64: Buffer.alloc(32).toString('base64') };
    case 'random:index/randomPassword:RandomPassword':
      return { result: 'p'.repeat(inputs.length) };
    case 'mongodbatlas:index/flexCluster:FlexCluster':
    case 'mongodbatlas:index/advancedCluster:AdvancedCluster':
      return { ...common, connectionStrings: { standardSrv: 'mongodb+srv://made.example.mongodb.net' } };
    case 'upstash:index/redisDatabase:RedisDatabase':
      return { endpoint: 'made.upstash.io', restToken: 'made-token' };
    default:
      return common;
  }
}
