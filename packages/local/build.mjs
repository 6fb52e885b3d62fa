import { rename } from 'node:fs/promises';
import { bundle } from './bundle.mjs';

// What `npm start` would make anew each time, under a name that an image can start: `dist/app/start.mjs`.
await rename(await bundle(), new URL('dist/app', import.meta.url));
