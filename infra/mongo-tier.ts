/** Connections that each tier of Atlas takes, on each member. */
export const MONGO_CONNECTIONS = {
  Flex: 500,
  M10: 1_500,
  M20: 3_000,
  M30: 3_000,
  M40: 6_000,
  M50: 16_000,
} as const;

export type MongoTier = keyof typeof MONGO_CONNECTIONS;

/** What one environment opens to a member at most: the pool of `connectMongo`, and one by which the driver watches it. */
export const CONNECTIONS_EACH = 9;
