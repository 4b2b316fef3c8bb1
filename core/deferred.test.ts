import { expect, it } from "vitest";
import { deferred } from "./deferred.ts";

const own = Object.getOwnPropertyDescriptor(Promise, "withResolvers");

it.each([true, false])(
  "is settled from outside, where the runtime has its own: %s",
  async (has) => {
    const value = function (this: PromiseConstructor) {
      let made = {};
      const promise = new this((resolve, reject) => made = { resolve, reject });
      return { promise, ...made };
    };
    Object.defineProperty(Promise, "withResolvers", {
      value: has ? value : undefined,
      configurable: true,
    });
    try {
      const one = deferred<number>(), two = deferred<number>();
      one.resolve(1);
      two.reject(new Error("two"));
      expect(await one.promise).toBe(1);
      await expect(two.promise).rejects.toThrow("two");
    } finally {
      if (own === undefined) Reflect.deleteProperty(Promise, "withResolvers");
      else Object.defineProperty(Promise, "withResolvers", own);
    }
  },
);
