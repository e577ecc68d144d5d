/**
 * The command line's entry. Nothing but Node is imported before the compile cache is on: it holds each module without
 * its types and compiled, and a file that changed is compiled again. Node goes on without it where it cannot be written.
 */
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheDir } from "../clusters/ownership/cache-dir.ts";

enableCompileCache(join(cacheDir(process.env), "compile"));
const { start } = await import("./start.ts");
// Sockets that the API client keeps alive must not keep us: everything that matters has been awaited.
process.exit(await start(process.argv.slice(2)));
