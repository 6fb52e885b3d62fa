/** `npx sst secret set NAME VALUE --stage STAGE`; a deployment without one of them is refused. */
export const secrets = {
  mongoUrl: new sst.Secret('MongoUrl'),
  upstashUrl: new sst.Secret('UpstashUrl'),
  upstashToken: new sst.Secret('UpstashToken'),
  /** One, or two separated by a comma while they are rotated. */
  authSecrets: new sst.Secret('AuthSecrets'),
};
