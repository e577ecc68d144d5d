/**
 * The command line's entry. It turns Node's compile cache on before it imports the rest: the cache holds each module
 * without its types and compiled. Node compiles a file again when its text has changed. Where another user could write
 * the folder, there is no cache.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheDir } from "../clusters/ownership/cache-dir.ts";
import { makeCompileCache } from "./compile-cache.ts";

const folder = join(cacheDir(process.env), "compile");
if (makeCompileCache(folder, process.getuid?.())) enableCompileCache(folder);
const { start } = await import("./start.ts");
// Sockets that the API client keeps alive must not keep us: everything that matters has been awaited.
process.exit(await start(process.argv.slice(2)));
