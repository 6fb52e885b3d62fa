import { stageSettings } from './stage.ts';

/** `npx sst secret set NAME VALUE --stage STAGE`; a deployment without one of them is refused. */
const secret = (name: string) => new sst.Secret(name).value;

/** One, or two separated by a comma while they are rotated. */
export const authSecrets = secret('AuthSecrets');

/** Where MongoDB and Redis are, of a stage that has not made them, and in which organisation they are to be made of one that has. */
export const dataSecrets =
  stageSettings($app.stage).data === 'secrets'
    ? {
        kind: 'secrets' as const,
        mongoUrl: secret('MongoUrl'),
        upstashUrl: secret('UpstashUrl'),
        upstashToken: secret('UpstashToken'),
      }
    : { kind: 'managed' as const, atlasOrgId: secret('AtlasOrgId') };
