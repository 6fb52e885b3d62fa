import { expect, test } from 'vitest';
import { header, requestedSubprotocols, tokenInSubprotocols } from './subprotocol.ts';

test('a header is found in any case', () => {
  expect(header({ AUTHORIZATION: 'a' }, 'authorization')).toBe('a');
  expect(header({ authorization: 'b' }, 'authorization')).toBe('b');
  expect(header({}, 'authorization')).toBeUndefined();
  expect(header(undefined, 'authorization')).toBeUndefined();
});

test.each([
  ['mnemon, mnemon.token.abc', 'abc'],
  ['mnemon.token.a.b.c,mnemon', 'a.b.c'],
  ['mnemon', undefined],
  ['token.abc', undefined],
  ['', undefined],
])('the token in the subprotocols %j is %j', (value, token) => {
  expect(tokenInSubprotocols({ 'Sec-WebSocket-Protocol': value })).toBe(token);
});

test('subprotocols are read one by one, and without the header there are none that anybody speaks', () => {
  expect(requestedSubprotocols({ 'sec-websocket-protocol': ' a ,b' })).toEqual(['a', 'b']);
  expect(requestedSubprotocols(undefined)).toEqual(['']);
});
