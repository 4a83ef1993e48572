/** Planning that breaks where it comes upon certain servers, as a defect would; the watch of the cloud sees them all the same. */
import { Inventory } from "../../src/domain/inventory.ts";

/** From now on until it is disposed of; which servers may change meanwhile. */
export function breakPlanning(servers: ReadonlySet<string>): Disposable {
  const original = Object.getOwnPropertyDescriptor(Inventory.prototype, "servers")!;
  Object.defineProperty(Inventory.prototype, "servers", {
    configurable: true,
    get() {
      const found = original.get!.call(this) as ReadonlyMap<string, unknown>;
      if (servers.size === 0) return found;
      const get = (id: string) => {
        if (servers.has(id) && new Error().stack?.includes("/plan/phases/")) throw new TypeError("a defect");
        return found.get(id);
      };
      return new Proxy(found, {
        get(target, name) {
          if (name === "get") return get;
          const value = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
  return { [Symbol.dispose]: () => Object.defineProperty(Inventory.prototype, "servers", original) };
}
