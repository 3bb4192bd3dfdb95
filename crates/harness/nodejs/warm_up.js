'use strict';

// What test files usually do, so that the prepared code cache has it compiled.

const { dependencies, devDependencies } = require('./package.json');

for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
  if (name === 'jest' || name === 'mocha') continue;
  try {
    require(name);
  } catch {
    // Not every package is there to be loaded so.
  }
}

describe('a suite', () => {
  let value;
  beforeEach(() => {
    value = { list: [1, 2, { three: 3 }], text: 'text' };
  });
  afterEach(() => {
    value = undefined;
  });
  it('compares', () => {
    if (typeof expect !== 'function') return;
    expect(value.text).toBe('text');
    expect(value.text).not.toBe('other');
    expect(value).toEqual({ list: [1, 2, { three: 3 }], text: 'text' });
    expect(value.list).toHaveLength(3);
    expect(value.text).toContain('ex');
    expect(value.text).toMatch(/te/);
    expect(value).toBeDefined();
    expect(() => {
      throw new Error('thrown');
    }).toThrow('thrown');
    expect(value).toMatchObject({ text: expect.any(String) });
  });
  it('waits', async () => {
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
    if (typeof expect !== 'function') return;
    await expect(Promise.resolve(1)).resolves.toBe(1);
    await expect(Promise.reject(new Error('no'))).rejects.toThrow('no');
  });
  it('fails with a difference', () => {
    if (typeof expect !== 'function') throw new Error('it fails');
    expect(value).toEqual({ list: [1, 2, 3], text: 'texts' });
  });
});
