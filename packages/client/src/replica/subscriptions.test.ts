import type { Entry } from '@mnemon/protocol';
import { expect, test } from 'vitest';
import type { Change } from './change.ts';
import { createSubscriptions } from './subscriptions.ts';

const change = (key: string): Change => ({
  type: 'updated',
  key,
  entry: {} as Entry,
  author: 'a',
  own: false,
});

function setUp() {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const subscriptions = createSubscriptions((error) => errors.push(error));
  const hear = (name: string) => (each: Change) => heard.push(`${name} ${each.key}`);
  return { errors, heard, subscriptions, hear };
}

test('each change is told to all whom it concerns before the next one, in the order in which they came', () => {
  const { heard, subscriptions, hear } = setUp();
  subscriptions.add('**', hear('all'));
  subscriptions.add('a/*', hear('star'));
  subscriptions.add('a/1', hear('one'));
  subscriptions.add('a/1-*', hear('dash'));
  subscriptions.emit([change('a/1'), change('b'), change('a/1-x')]);
  expect(heard).toEqual(['all a/1', 'star a/1', 'one a/1', 'all b', 'all a/1-x', 'star a/1-x', 'dash a/1-x']);
});

test('who throws harms nobody else', () => {
  const { errors, heard, subscriptions, hear } = setUp();
  subscriptions.add('a', () => {
    throw new Error('mine');
  });
  subscriptions.add('a', () => Promise.reject(new Error('mine, later')));
  subscriptions.add('a', hear('other'));
  subscriptions.emit([change('a'), change('a')]);
  expect(heard).toEqual(['other a', 'other a']);
  expect(errors).toMatchObject([{ message: 'mine' }, { message: 'mine' }]);
});

test('who leaves in a callback hears nothing more, who comes hears of the next change', () => {
  const { heard, subscriptions, hear } = setUp();
  subscriptions.add('**', () => {
    leave();
    subscriptions.add('a', hear('new'));
  });
  const leave = subscriptions.add('a', hear('left'));
  subscriptions.emit([change('a')]);
  expect(heard).toEqual([]);
  subscriptions.emit([change('a')]);
  expect(heard).toEqual(['new a']);
});

test('after clear nobody hears anything, also of a change that is being told', () => {
  const { heard, subscriptions, hear } = setUp();
  subscriptions.add('a', () => subscriptions.clear());
  subscriptions.add('a', hear('cleared'));
  subscriptions.emit([change('a'), change('a')]);
  expect(heard).toEqual([]);
});
