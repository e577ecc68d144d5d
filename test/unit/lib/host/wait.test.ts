import { expect } from "chai";
import { GiveUpError, waitFor, WaitTimeoutError } from "../../../../lib/host/wait.ts";

const quick = { budgetMs: 120, intervalMs: 10 };

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return await promise.then(
    () => expect.fail("resolved"),
    (error: unknown) => error as Error,
  );
}

describe("waitFor", () => {
  it("resolves with the first value of an attempt", async () => {
    let attempts = 0;
    const attempt = () => (++attempts < 3 ? Promise.reject(new Error("not yet")) : Promise.resolve("there"));
    expect(await waitFor("it", attempt, quick)).to.equal("there");
    expect(attempts).to.equal(3);
  });

  it("names the condition, the budget and the last error if the budget has passed", async () => {
    const startedAtMs = performance.now();
    const error = await failureOf(waitFor("pods", () => Promise.reject(new Error("2 of 3")), quick));
    expect(error).to.be.instanceOf(WaitTimeoutError);
    expect(error.message).to.equal("timed out after 120 ms waiting for pods (last: 2 of 3)");
    expect(performance.now() - startedAtMs).to.be.lessThan(400);
  });

  it("abandons an attempt that hangs", async () => {
    const error = await failureOf(
      waitFor("it", () => new Promise(() => undefined), { ...quick, attemptTimeoutMs: 50 }),
    );
    expect(error.message).to.include("no answer within");
  });

  it("aborts the signal of an attempt at its timeout", async () => {
    let aborted = 0;
    const attempt = (signal: AbortSignal) =>
      new Promise<never>(() => signal.addEventListener("abort", () => (aborted += 1)));
    await failureOf(waitFor("it", attempt, { budgetMs: 100, intervalMs: 5, attemptTimeoutMs: 30 }));
    expect(aborted).to.be.greaterThan(1);
  });

  it("ends at once if an attempt gives up or has a bug", async () => {
    let attempts = 0;
    const failing = (error: Error) => () => {
      attempts += 1;
      return Promise.reject(error);
    };
    const gaveUp = new GiveUpError("dead");
    expect(await failureOf(waitFor("it", failing(gaveUp), quick))).to.equal(gaveUp);
    const mistake = new TypeError("x is not a function");
    expect(await failureOf(waitFor("it", failing(mistake), quick))).to.equal(mistake);
    expect(attempts).to.equal(2);
  });

  it("rejects with the caller's reason if the caller aborts", async () => {
    const reason = new Error("interrupted");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    const hanging = waitFor("it", () => new Promise(() => undefined), {
      budgetMs: 5_000,
      intervalMs: 10,
      signal: controller.signal,
    });
    expect(await failureOf(hanging)).to.equal(reason);
  });
});
