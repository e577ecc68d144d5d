/**
 * The command line's entry. It turns Node's compile cache on before it imports the rest: the cache holds each module
 * without its types and compiled. Node compiles a file again when its text has changed, and works without the cache
 * where the folder cannot be written.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheDir } from "../clusters/ownership/cache-dir.ts";

enableCompileCache(join(cacheDir(process.env), "compile"));
const { start } = await import("./start.ts");
// Sockets that the API client keeps alive must not keep us: everything that matters has been awaited.
process.exit(await start(process.argv.slice(2)));
