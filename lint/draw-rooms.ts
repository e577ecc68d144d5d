/** `node lint/draw-rooms.ts` draws the rooms of lint/rooms.ts into ARCHITECTURE.md; a test compares the two. */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ROOMS, type Room } from "./rooms.ts";

const BEGIN = "<!-- rooms: drawn by node lint/draw-rooms.ts -->";
const END = "<!-- rooms: end -->";

/** Returns the picture: a line per room from the top down, with the rooms that it imports from. Pure. */
export function drawing(rooms: readonly Room[] = ROOMS): string {
  const width = Math.max(...rooms.map(([room]) => room.length));
  const lines = rooms.toReversed().map(([room, names]) => wrapped(room.padEnd(width), names));
  return ["```text", ...lines.flat(), "```"].join("\n");
}

/** Returns the document with the picture between its marks. Throws Error where the marks are missing. Pure. */
export function withDrawing(text: string): string {
  const [head, rest] = text.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (tail === undefined) throw new Error(`ARCHITECTURE.md lacks the marks ${BEGIN} and ${END}`);
  return `${head}${BEGIN}\n\n${drawing()}\n\n${END}${tail}`;
}

/** The names behind the room, broken at 100 columns. */
function wrapped(room: string, names: readonly string[]): readonly string[] {
  const lines = [`${room} ->`];
  for (const name of names) {
    const last = lines.at(-1) ?? "";
    if (last.length + name.length < 100) lines[lines.length - 1] = `${last} ${name}`;
    else lines.push(`${" ".repeat(room.length + 3)} ${name}`);
  }
  return names.length === 0 ? [room.trimEnd()] : lines;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = fileURLToPath(new URL("../ARCHITECTURE.md", import.meta.url));
  writeFileSync(path, withDrawing(readFileSync(path, "utf8")));
}
