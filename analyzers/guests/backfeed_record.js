
function backfeedShow(value, depth) {
  if (depth > 6) throw new Error("deep");
  if (value === null) return "null";
  if (value === undefined) return "undefined";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return String(value);
    case "bigint":
      return value + "n";
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "object":
      break;
    default:
      throw new Error("no value");
  }
  const inner = (one) => backfeedShow(one, depth + 1);
  const kind = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return "[" + Array.from(value, inner).join(", ") + "]";
  if (kind === Set.prototype) return "new Set([" + Array.from(value, inner).join(", ") + "])";
  if (kind === Map.prototype) return "new Map([" + Array.from(value, inner).join(", ") + "])";
  if (kind !== Object.prototype) throw new Error("no value");
  const pairs = Object.keys(value).map((key) => JSON.stringify(key) + ": " + inner(value[key]));
  return "{" + pairs.join(", ") + "}";
}
function backfeedRecord(number, call) {
  try {
    const value = call();
    if (value === undefined) return;
    const text = backfeedShow(value, 0);
    if (text.length <= 400) console.log("\nbackfeed-record " + number + " " + text);
  } catch (error) {
    // A call that fails has no value.
  }
}
@CALLS@
