import type { BackendUrls } from '../../packages/local/src/backends.ts';
import { ENGINES, engineUrl } from '../engines.ts';
import { stage } from './stage.ts';

interface Engines {
  name: string;
  backends: BackendUrls;
}

const names = ENGINES.flatMap(({ name }) => (engineUrl(name) ? [name] : []));

const onThisMachine: Engines[] = [
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

/**
 * What the end-to-end tests run on: the deployed stage that the environment names, or else embedded engines always, and
 * once more on all real ones that there are.
 */
export const engines: Engines[] = stage ? [{ name: `the stage ${stage.url}`, backends: {} }] : onThisMachine;
