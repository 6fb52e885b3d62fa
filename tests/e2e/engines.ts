import type { BackendUrls } from '../../packages/local/src/backends.ts';
import { ENGINES, engineUrl } from '../engines.ts';

interface Engines {
  name: string;
  backends: BackendUrls;
}

const names = ENGINES.flatMap(({ name }) => (engineUrl(name) ? [name] : []));

/** What the end-to-end tests run on: embedded engines always, and once more on all real ones that there are. */
export const engines: Engines[] = [
  { name: 'embedded engines', backends: {} },
  ...(names.length > 0
    ? [
        {
          name: names.join(', '),
          backends: {
            mongodbUrl: engineUrl('MongoDB'),
            redisUrl: engineUrl('Redis'),
            dynamodbEndpoint: engineUrl('DynamoDB'),
          },
        },
      ]
    : []),
];
