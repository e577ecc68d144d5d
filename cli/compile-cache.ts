import { existsSync, lstatSync, realpathSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { makePrivateDir } from "../lib/host/private-dir.ts";

/** Owner and mode of a folder. */
export type Access = Pick<Stats, "uid" | "mode">;

/** Bits of a mode: the group or others may write; only an entry's owner may replace it. */
const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Returns true if the folder exists, made here if it was missing, and only this user can change its content: Node runs
 * the code that it finds there. Makes nothing in a folder of another user's, such as the caller's home under sudo.
 */
export function makeCompileCache(folder: string, uid: number | undefined): boolean {
  if (uid === undefined) return false;
  try {
    if (!foldersAbove(folder).every((above) => keepsEntries(lstatSync(above), uid))) return false;
    makePrivateDir(folder);
    const made = lstatSync(folder);
    return made.isDirectory() && isOwn(made, uid);
  } catch {
    // Without the cache the command is only slower.
    return false;
  }
}

/** Returns true if the folder is the user's, and no one else may write it. Pure. */
export function isOwn(folder: Access, uid: number): boolean {
  return folder.uid === uid && (folder.mode & WRITABLE_BY_OTHERS) === 0;
}

/** Returns true if no one but the user and root can replace the user's entries in the folder. Pure. */
export function keepsEntries(folder: Access, uid: number): boolean {
  const isShared = (folder.mode & WRITABLE_BY_OTHERS) !== 0 && (folder.mode & STICKY) === 0;
  return (folder.uid === uid || folder.uid === 0) && !isShared;
}

/** Returns the existing folders above a path, the nearest first, without symbolic links. */
function foldersAbove(path: string): readonly string[] {
  let nearest = dirname(path);
  while (!existsSync(nearest)) nearest = dirname(nearest);
  const folders = [realpathSync(nearest)];
  for (let at = folders[0] ?? "/"; at !== "/"; folders.push(at)) at = dirname(at);
  return folders;
}
