import { expect } from "chai";
import { Duplex } from "node:stream";
import { encoded, frameReader, type Frame, type StartRequest } from "../../../../clusters/lane/guest/frames.ts";
import { execOn, openLine } from "../../../../clusters/lane/line.ts";

type Answer = (frame: Frame, send: (frame: Frame) => void) => void;

/** A wire with an agent at its other end that answers each frame as told. */
function wireTo(answer: Answer): Duplex {
  const read = frameReader();
  const wire: Duplex = new Duplex({
    read: () => undefined,
    write: (data: Buffer, _, done) => {
      for (const frame of read(data)) answer(frame, (one) => wire.push(encoded(one)));
      done();
    },
  });
  return wire;
}

const text = (words: string) => Buffer.from(words);

/** Runs nothing: says its argv on stdout, its stdin on stderr once that has ended, and exits with 3. */
const parrot: Answer = ({ conversation, kind, payload }, send) => {
  if (kind === "hello") send({ conversation, kind: "hello", payload });
  if (kind === "start") {
    const { argv } = JSON.parse(Buffer.from(payload).toString()) as StartRequest;
    send({ conversation, kind: "stdout", payload: text(argv.join(" ")) });
  }
  if (kind === "stdin" && payload.length > 0) send({ conversation, kind: "stderr", payload });
  if (kind === "stdin" && payload.length === 0)
    send({ conversation, kind: "exit", payload: text(JSON.stringify({ code: 3 })) });
};

describe("the lane's line", () => {
  it("runs a command: argv, stdin, both outputs and the exit code arrive", async () => {
    const result = await execOn(openLine(wireTo(parrot)))(["echo", "$HOME; a b"], { stdin: "given" });
    expect(result).to.include({ exitCode: 3, timedOut: false, stdout: "echo $HOME; a b", stderr: "given" });
  });

  it("keeps conversations apart that go on at once", async () => {
    const exec = execOn(openLine(wireTo(parrot)));
    const results = await Promise.all(["one", "two", "three"].map((word) => exec([word])));
    expect(results.map(({ stdout }) => stdout)).to.deep.equal(["one", "two", "three"]);
  });

  it("says hello", async () => {
    await openLine(wireTo(parrot)).hello();
  });

  it("a VM that ends rejects what waits, and what is begun afterwards", async () => {
    const wire = wireTo(() => undefined);
    const exec = execOn(openLine(wire));
    const waiting = exec(["sleep", "infinity"]).then(
      () => "resolved",
      (error: unknown) => (error as Error).message,
    );
    wire.destroy();
    expect(await waiting).to.match(/VM has ended/);
    expect(await exec(["true"]).catch((error: unknown) => (error as Error).message)).to.match(/VM has ended/);
  });

  it("a command that takes too long is told to stop, and has timed out", async () => {
    let killed = "";
    const stubborn: Answer = ({ conversation, kind, payload }, send) => {
      if (kind !== "kill") return;
      killed = Buffer.from(payload).toString();
      send({ conversation, kind: "exit", payload: text(JSON.stringify({ code: null })) });
    };
    const result = await execOn(openLine(wireTo(stubborn)))(["sleep", "9"], { timeoutMs: 30 });
    expect(result).to.include({ exitCode: null, timedOut: true });
    expect(killed).to.equal("SIGTERM");
  });
});
