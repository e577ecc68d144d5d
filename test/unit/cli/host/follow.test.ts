import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { followLog } from "../../../../cli/host/follow.ts";
import type { Event } from "../../../../lib/events/event.ts";

describe("followLog", () => {
  let dir = "";
  let path = "";
  let seen: Event[] = [];
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "faultline-follow-"));
    path = join(dir, "events.ndjson");
    seen = [];
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const note = (text: string) => `${JSON.stringify({ atMs: 1, type: "note", text })}\n`;
  const texts = () => seen.map((event) => (event.type === "note" ? event.text : event.type));
  const follow = () => followLog(path, (event) => seen.push(event));
  const until = async (count: number) => {
    for (let round = 0; round < 50 && seen.length < count; round += 1) await new Promise((go) => setTimeout(go, 20));
  };

  it("waits for the file, then hands on each event as it comes, and what is left at the end", async () => {
    const following = follow();
    appendFileSync(path, note("one"));
    await until(1);
    expect(texts()).to.deep.equal(["one"]);
    appendFileSync(path, note("two") + note("three"));
    following.stop();
    expect(texts()).to.deep.equal(["one", "two", "three"]);
  });

  it("puts a line together that came in pieces, in the middle of a character too", async () => {
    const following = follow();
    const bytes = Buffer.from(note("größe → 🦊"));
    for (let at = 0; at < bytes.length; at += 1) appendFileSync(path, bytes.subarray(at, at + 1));
    await until(1);
    following.stop();
    expect(texts()).to.deep.equal(["größe → 🦊"]);
  });

  it("reads more than one buffer at once", () => {
    const big = "ü".repeat(300_000);
    appendFileSync(path, note(big) + note("small"));
    follow().stop();
    expect(texts()).to.deep.equal([big, "small"]);
  });

  it("passes over a damaged line, and a renderer that throws, and goes on", async () => {
    appendFileSync(path, `{"atMs":1,"ty\n${note("x")}`);
    const following = followLog(path, (event) => {
      seen.push(event);
      throw new Error("no such terminal");
    });
    // From a timer an error would end the whole process; mocha takes it for a failure of this test.
    await until(1);
    appendFileSync(path, `}\n${note("y")}`);
    following.stop();
    expect(texts()).to.deep.equal(["x", "y"]);
  });

  it("leaves a torn last line alone, and is content with no file", () => {
    follow().stop();
    expect(seen).to.deep.equal([]);
    appendFileSync(path, `${note("one")}{"atMs":`);
    follow().stop();
    expect(texts()).to.deep.equal(["one"]);
  });
});
