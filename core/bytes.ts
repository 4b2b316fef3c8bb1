// The one place that names @std/bytes. Nothing here may reach a public signature or a public
// entry: npm users have no such package, only its bundled code.
export { concat, equals } from "@std/bytes";
