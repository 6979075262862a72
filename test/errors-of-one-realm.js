// Jest runs each test file in a realm of its own, where `instanceof Error` is false for what Node's own modules throw (system
// errors, for one). Code must see here what it sees in production.
const { isNativeError } = require('node:util/types');

const ordinary = Function.prototype[Symbol.hasInstance];

Object.defineProperty(Error, Symbol.hasInstance, {
  value(candidate) {
    return this === Error ? isNativeError(candidate) : ordinary.call(this, candidate);
  },
});
