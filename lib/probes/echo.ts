import type { CurlAttempt, Seen } from "./probe.ts";

/** Returns what the echo server (clusters/roles) reports about a request, in the first line of its answer. */
export function echoSeen(body: string): Seen {
  const { client, clientPort, server, container, local } = firstLine(body);
  return {
    ...(typeof client === "string" ? { client } : {}),
    ...(typeof clientPort === "number" ? { clientPort } : {}),
    ...(typeof server === "string" ? { server } : {}),
    ...(typeof container === "string" ? { container } : {}),
    ...(typeof local === "string" ? { local } : {}),
  };
}

/** Returns true if the expected server wrote this body. */
export function isEchoOf(expected: NonNullable<CurlAttempt["expectServer"]>, body: string): boolean {
  const { server, container } = firstLine(body);
  return server === expected.server && container === expected.container;
}

function firstLine(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.split("\n", 1)[0] ?? "");
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
