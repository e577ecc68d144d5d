import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp, Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { UndecidedError } from "../../../../lib/host/errors.ts";
import { kubernetes, type KubernetesOptions } from "../../../../lib/kubernetes/client.ts";
import { waitFor } from "../../../../lib/host/wait.ts";
import { USUAL_SPEED } from "../../../../lib/host/time-scale.ts";

const TIMEOUT_MS = 400;
/** Extra time for a busy machine, in ms. */
const MARGIN_MS = 5_000;
const PODS = "/api/v1/namespaces/faultline/pods";
const POD = { metadata: { name: "server", namespace: "faultline", resourceVersion: "1", uid: "u" }, status: {} };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (body: object): Answer =>
  (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(body));
  };
const reset: Answer = (request) => void request.socket.destroy();
const silent: Answer = () => undefined;
const list = json({ kind: "PodList", apiVersion: "v1", metadata: { resourceVersion: "5" }, items: [POD] });
const resources = json({
  kind: "APIResourceList",
  groupVersion: "v1",
  resources: [{ kind: "ConfigMap", name: "configmaps", namespaced: true, singularName: "", verbs: [] }],
});

describe("the Kubernetes client", function () {
  this.timeout(60_000);
  const dir = mkdtempSync(join(tmpdir(), "faultline-api-"));
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const asked: string[] = [];

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    asked.length = 0;
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  /** Returns a client of a server on the loopback device. */
  async function clientOf(server: Server, scheme: "http" | "https", options: Partial<KubernetesOptions> = {}) {
    servers.push(server);
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      // Reads the data; without a reader the end of a connection stays unnoticed.
      if (!(server instanceof HttpServer)) socket.resume();
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const path = join(dir, `kubeconfig-${servers.length}`);
    const cluster = {
      server: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`,
      "insecure-skip-tls-verify": true,
    };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "c",
      users: [{ name: "u", user: {} }],
      clusters: [{ name: "k", cluster }],
      contexts: [{ name: "c", context: { cluster: "k", user: "u" } }],
    };
    writeFileSync(path, JSON.stringify(config));
    return kubernetes(path, { timeoutMs: TIMEOUT_MS, timeScale: USUAL_SPEED, ...options });
  }

  /** Starts a server that answers the n-th request for a path with the n-th answer, and later ones with the last. */
  const answering = (answers: Readonly<Record<string, readonly Answer[]>>): Server =>
    createHttp((request, response) => {
      const path =
        request.url?.replace(/\?.*?(watch=true)?.*$/, (query) => (query.includes("watch=true") ? "?watch" : "")) ?? "";
      asked.push(`${request.method} ${path}`);
      const times = asked.filter((one) => one === `${request.method} ${path}`).length;
      const of = answers[path] ?? [silent];
      (of[times - 1] ?? of.at(-1) ?? silent)(request, response);
    });

  function untilClosed(): Promise<void> {
    const attempt = () =>
      sockets.size === 0 ? Promise.resolve() : Promise.reject(new Error(`${sockets.size} are open`));
    return waitFor("the sockets to be closed", attempt, { budgetMs: 2 * MARGIN_MS, intervalMs: 20 });
  }

  async function failureOf(call: Promise<unknown>, withinMs = TIMEOUT_MS + MARGIN_MS): Promise<Error> {
    const startedAtMs = performance.now();
    const failure = await call.then(
      () => expect.fail("it resolved"),
      (error: unknown) => error as Error,
    );
    expect(performance.now() - startedAtMs).to.be.below(withinMs);
    return failure;
  }

  for (const scheme of ["http", "https"] as const) {
    it(`gives up on a server that accepts the ${scheme} connection and is silent, naming the call`, async () => {
      const api = await clientOf(createServer(), scheme);
      const calls: readonly (readonly [Promise<unknown>, string])[] = [
        [api.pods("faultline"), `GET ${PODS}`],
        [api.service("faultline", "server"), "GET /api/v1/namespaces/faultline/services/server"],
        [api.patchDeployment("kube-system", "coredns", {}), "GET /apis/apps/v1"],
        [api.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: x, namespace: y }"), "GET /api/v1"],
      ];
      for (const [call, name] of calls) {
        const error = await failureOf(call);
        expect(error).to.be.instanceOf(UndecidedError);
        expect(error.message).to.include(`Kubernetes API, ${name}: no answer within 0.4 s`);
      }
      // undici abandons a TLS handshake after 10 s; the client must not wait for that.
      if (scheme === "http") await untilClosed();
    });
  }

  it("gives up on a server that stops in the middle of its answer", async () => {
    const half: Answer = (_request, response) => void response.write('{"kind":"PodList","items":[');
    const error = await failureOf((await clientOf(answering({ [PODS]: [half] }), "http")).pods("faultline"));
    expect(error.message).to.equal(`Kubernetes API, GET ${PODS}: no answer within 0.4 s`);
  });

  it("retries a read twice at most after a failure of the transport", async () => {
    const api = await clientOf(answering({ [PODS]: [reset, reset, list] }), "http", { timeoutMs: 10_000 });
    expect(await api.pods("faultline")).to.have.lengthOf(1);
    expect(asked).to.have.lengthOf(3);
    const never = await clientOf(answering({ [PODS]: [reset] }), "http", { timeoutMs: 10_000 });
    expect(await failureOf(never.pods("faultline"))).to.be.instanceOf(UndecidedError);
    expect(asked).to.have.lengthOf(6);
  });

  it("retries a server-side apply, which changes nothing the second time", async () => {
    const path = "/api/v1/namespaces/y/configmaps/x";
    const api = await clientOf(answering({ "/api/v1": [resources], [`${path}?`]: [reset], [path]: [reset] }), "http", {
      timeoutMs: 10_000,
    });
    const error = await failureOf(
      api.applyObjects([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "x", namespace: "y" } }]),
    );
    expect(error.message).to.include(`PATCH ${path}: `);
    expect(asked.filter((one) => one.startsWith("PATCH"))).to.have.lengthOf(3);
  });

  it("sends any other change only once", async () => {
    const path = "/apis/apps/v1/namespaces/y/deployments/x";
    const kind = { kind: "Deployment", name: "deployments", namespaced: true, singularName: "", verbs: [] };
    const apps = json({ kind: "APIResourceList", groupVersion: "apps/v1", resources: [kind] });
    const api = await clientOf(answering({ "/apis/apps/v1": [apps], [`${path}?`]: [reset], [path]: [reset] }), "http", {
      timeoutMs: 10_000,
    });
    const error = await failureOf(api.patchDeployment("y", "x", { spec: { replicas: 1 } }));
    expect(error.message).to.include(`PATCH ${path}: `);
    expect(asked.filter((one) => one.startsWith("PATCH"))).to.have.lengthOf(1);
  });

  it("sends a CRD's schema complete, including x-kubernetes-… fields", async () => {
    const group = "/apis/apiextensions.k8s.io/v1";
    const kind = "CustomResourceDefinition";
    const name = { kind, name: "customresourcedefinitions", namespaced: false, singularName: "", verbs: [] };
    const crds = json({ kind: "APIResourceList", groupVersion: "apiextensions.k8s.io/v1", resources: [name] });
    let sent = "";
    const take: Answer = (request, response) => {
      request.on("data", (part: Buffer) => (sent += part.toString()));
      request.on("end", () => response.setHeader("content-type", "application/json").end("{}"));
    };
    const api = await clientOf(answering({ [group]: [crds], [`${group}/${name.name}/x`]: [take] }), "http");
    const openAPIV3Schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const spec = { versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema } }] };
    const crd = { apiVersion: "apiextensions.k8s.io/v1", kind, metadata: { name: "x" }, spec };
    await api.applyObjects([crd]);
    expect(JSON.parse(sent)).to.deep.equal(crd);
  });

  it("does not retry a refused call, and throws the server's answer", async () => {
    const forbidden: Answer = (_request, response) => void response.writeHead(403).end('{"message":"no"}');
    const error = await failureOf((await clientOf(answering({ [PODS]: [forbidden] }), "http")).pods("faultline"));
    expect(error).to.include({ code: 403 }).and.not.be.instanceOf(UndecidedError);
    expect(asked).to.have.lengthOf(1);
  });

  it("rejects at once if the signal aborts", async () => {
    const stopping = new AbortController();
    const api = await clientOf(createServer(), "http", { timeoutMs: 50_000, signal: stopping.signal });
    setTimeout(() => stopping.abort(new Error("told to stop")), 100);
    expect((await failureOf(api.pods("faultline"), MARGIN_MS)).message).to.equal("told to stop");
  });

  const waiting = { what: "roles", namespace: "faultline", budgetMs: 1500, done: () => false, missing: () => "0 pods" };

  it("ends a wait for a silent server on time, naming the server", async () => {
    const api = await clientOf(createServer(), "http");
    const error = await failureOf(api.untilPods(waiting), waiting.budgetMs + MARGIN_MS);
    expect(error.message).to.match(
      /^timed out after 2 s waiting for roles: 0 pods; Kubernetes API, GET \/api\S+: no answer/,
    );
  });

  it("reopens a silent watch, and its wait sees the change", async () => {
    const watch = `${PODS}?watch`;
    const added: Answer = (_request, response) =>
      void response.write(
        `${JSON.stringify({ type: "ADDED", object: { ...POD, metadata: { ...POD.metadata, name: "same" } } })}\n`,
      );
    const api = await clientOf(answering({ [PODS]: [list], [watch]: [silent, silent, added] }), "http");
    await api.untilPods({ ...waiting, budgetMs: 30_000, done: (pods) => pods.length === 2 });
    expect(asked.filter((one) => one === `GET ${watch}`)).to.have.lengthOf(3);
    // The wait closes its connections, or their own timeout does.
    await untilClosed();
  });

  it("ends a wait if the signal has aborted or aborts later", async () => {
    const api = await clientOf(createServer(), "http");
    const aborted = AbortSignal.abort();
    expect((await failureOf(api.untilPods({ ...waiting, signal: aborted }), MARGIN_MS)).message).to.equal(
      "stopped while waiting for roles",
    );
  });
});
