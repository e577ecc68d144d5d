/**
 * The Kubernetes API, for objects and watches; the only file that imports @kubernetes/client-node. Commands do not
 * run in pods through it, because its exec would use the network under test.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  AppsV1Api,
  CoreV1Api,
  createConfiguration,
  IsomorphicFetchHttpLibrary,
  KubeConfig,
  KubernetesObjectApi,
  ListWatch,
  PatchStrategy,
  ResponseContext,
  ServerConfiguration,
  Watch,
  wrapHttpLibrary,
  type ApiConstructor,
  type ApiType,
  type KubernetesListObject,
  type KubernetesObject,
  type RequestContext,
  type V1Node,
  type V1Pod,
} from "@kubernetes/client-node";
import { UndecidedError } from "../host/errors.ts";
import { asModelled } from "./models.ts";
import { objectsIn } from "./manifest.ts";
import { scaled, type TimeScale } from "../host/time-scale.ts";

export type Pod = V1Pod;
export type KubeNode = V1Node;

export interface Kubernetes {
  /** Creates or updates every object of a manifest, in order. */
  apply(manifest: string): Promise<void>;
  /** Creates or updates these objects, in order. */
  applyObjects(objects: readonly object[]): Promise<void>;
  /** Merges `patch` into a Deployment (strategic merge). */
  patchDeployment(namespace: string, name: string, patch: object): Promise<void>;
  /**
   * Resolves to a Service's addresses, one of each of its IP families with the cluster's first family first, and the
   * node port of its first port.
   */
  service(
    namespace: string,
    name: string,
  ): Promise<{ readonly ips: readonly string[]; readonly nodePort?: number | undefined }>;
  pods(namespace: string, selector?: string): Promise<readonly Pod[]>;
  /** Watches pods until `done` holds. Throws Error with the words of `missing` if the budget is spent. */
  untilPods(watch: WatchSpec<Pod>): Promise<void>;
  /** Watches nodes as untilPods watches pods. */
  untilNodes(watch: Omit<WatchSpec<KubeNode>, "namespace" | "selector">): Promise<void>;
  nodes(): Promise<readonly KubeNode[]>;
}

export interface WatchSpec<T> {
  /** Completes "waiting for …". */
  readonly what: string;
  readonly namespace: string;
  readonly selector?: string;
  readonly budgetMs: number;
  readonly done: (objects: readonly T[]) => boolean;
  /** Says what `done` still lacks. */
  readonly missing: (objects: readonly T[]) => string;
  readonly signal?: AbortSignal;
}

export interface KubernetesOptions {
  /**
   * Time for one call, including its retries and the last byte of its answer; default 10 s. A watch that is silent
   * for that long is reopened.
   */
  readonly timeoutMs?: number;
  /** Multiplies that time, and the retries in it. */
  readonly timeScale: TimeScale;
  /** Ends every call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 10_000;
const MAX_TRIES = 3;
const RETRY_AFTER_MS = 200;

/**
 * Returns a client for the cluster in this kubeconfig file. It reads no environment variable and no home directory. A
 * call throws UndecidedError naming the call if the API server is unreachable or does not answer, and the library's
 * ApiException if the server refuses it.
 */
export function kubernetes(kubeconfigPath: string, options: KubernetesOptions): Kubernetes {
  const config = new BoundedConfig(options);
  config.loadFromFile(kubeconfigPath);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  return {
    apply: async (manifest) => await applyAll(objects, objectsIn(manifest)),
    applyObjects: (list) => applyAll(objects, list),
    patchDeployment: async (namespace, name, patch) => {
      const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name }, ...patch };
      await objects.patch(object, undefined, undefined, "faultline", undefined, PatchStrategy.StrategicMergePatch);
      await apps.readNamespacedDeployment({ namespace, name });
    },
    service: async (namespace, name) => {
      const { spec } = await core.readNamespacedService({ namespace, name });
      return { ips: spec?.clusterIPs ?? [], nodePort: spec?.ports?.[0]?.nodePort };
    },
    pods: async (namespace, labelSelector) => (await core.listNamespacedPod(podQuery(namespace, labelSelector))).items,
    untilPods: (watch) => {
      const list = () => core.listNamespacedPod(podQuery(watch.namespace, watch.selector));
      return until(config, `/api/v1/namespaces/${watch.namespace}/pods`, list, watch);
    },
    nodes: async () => (await core.listNode()).items,
    untilNodes: (watch) => until(config, "/api/v1/nodes", () => core.listNode(), watch),
  };
}

function podQuery(namespace: string, labelSelector: string | undefined): { namespace: string; labelSelector?: string } {
  return labelSelector === undefined ? { namespace } : { namespace, labelSelector };
}

async function applyAll(api: KubernetesObjectApi, objects: readonly KubernetesObject[]): Promise<void> {
  // Server-side apply creates missing objects, and a second apply changes nothing.
  for (const object of objects)
    await api.patch(asModelled(object), undefined, undefined, "faultline", true, PatchStrategy.ServerSideApply);
}

/**
 * Makes clients whose calls have a timeout. The library's own timeouts are 10 s to connect, 300 s for the headers and
 * 300 s between bytes.
 */
class BoundedConfig extends KubeConfig {
  readonly timeoutMs: number;
  readonly timeScale: TimeScale;
  readonly signal: AbortSignal | undefined;

  constructor({ timeoutMs = CALL_TIMEOUT_MS, timeScale, signal }: KubernetesOptions) {
    super();
    this.timeoutMs = scaled(timeoutMs, timeScale);
    this.timeScale = timeScale;
    this.signal = signal;
  }

  override makeApiClient<T extends ApiType>(type: ApiConstructor<T>): T {
    const baseServer = new ServerConfiguration(this.getCurrentCluster()?.server ?? "", {});
    const httpApi = wrapHttpLibrary({ send: (request) => this.#send(request) });
    return new type(createConfiguration({ baseServer, httpApi, authMethods: { default: this } }));
  }

  /**
   * Sends a request. Retries only repeatable requests, and only after a failure of the transport: any answer counts.
   */
  async #send(request: RequestContext): Promise<ResponseContext> {
    const call = `Kubernetes API, ${request.getHttpMethod()} ${new URL(request.getUrl()).pathname}`;
    const tooLate = new AbortController();
    const timer = setTimeout(() => tooLate.abort(), this.timeoutMs);
    const signal = this.signal ? AbortSignal.any([tooLate.signal, this.signal]) : tooLate.signal;
    request.setSignal(signal);
    try {
      for (let triesLeft = isRepeatable(request) ? MAX_TRIES * this.timeScale.factor : 1; ;) {
        try {
          return await wholeAnswer(request);
        } catch (error) {
          this.signal?.throwIfAborted();
          triesLeft -= 1;
          const why = tooLate.signal.aborted ? `no answer within ${this.timeoutMs / 1000} s` : reasonOf(error);
          if (tooLate.signal.aborted || triesLeft <= 0)
            throw new UndecidedError(`${call}: ${why}`, "check the control-plane node's container", { cause: error });
          await sleep(scaled(RETRY_AFTER_MS, this.timeScale), undefined, { signal }).catch(() => undefined);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Returns true for reads and server-side applies: a second one changes nothing. */
function isRepeatable(request: RequestContext): boolean {
  return request.getHttpMethod() === "GET" || request.getHeaders()["Content-Type"] === PatchStrategy.ServerSideApply;
}

/** Sends a request and reads its whole answer, so that the timeout covers the body. */
async function wholeAnswer(request: RequestContext): Promise<ResponseContext> {
  const { httpStatusCode, headers, body } = await new IsomorphicFetchHttpLibrary().send(request).toPromise();
  const text = await body.text();
  return new ResponseContext(httpStatusCode, headers, {
    text: () => Promise.resolve(text),
    binary: () => Promise.resolve(Buffer.from(text)),
    stream: () => null,
  });
}

/** Returns the message of an error's cause, because fetch itself only says "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

type Until<T> = Omit<WatchSpec<T>, "namespace">;

/** Returns a list that a watch keeps up to date; `path` must name the objects of `list`. */
function informerOf<T extends KubernetesObject>(config: BoundedConfig, path: string, list: List<T>, selector?: string) {
  const watch = new Watch(config);
  // Private in the library's types; its default is 30 s. A watch that is silent for so long is reopened, because its
  // server may be gone.
  Object.assign(watch, { requestTimeoutMs: config.timeoutMs });
  return new ListWatch<T>(path, watch, list, false, selector);
}

type List<T extends KubernetesObject> = () => Promise<KubernetesListObject<T>>;

/** Lists and watches until `done` holds. Reopens a watch that breaks, within the same budget. */
function until<T extends KubernetesObject>(
  config: BoundedConfig,
  path: string,
  list: List<T>,
  watch: Until<T>,
): Promise<void> {
  const informer = informerOf(config, path, list, watch.selector);
  return new Promise((resolve, reject) => {
    let finished = false;
    let trouble = "";
    const finish = (error?: Error): void => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      clearInterval(poll);
      watch.signal?.removeEventListener("abort", aborted);
      void informer.stop();
      return error ? reject(error) : resolve();
    };
    const aborted = () => finish(new Error(`stopped while waiting for ${watch.what}`));
    const check = () => {
      if (!finished && watch.done(informer.list())) finish();
    };
    // Stopping an informer also ends its request with an error, so only an unfinished wait reopens it.
    const reopen = (error?: unknown) => {
      trouble = error instanceof Error ? `; ${error.message}` : trouble;
      setTimeout(() => void (finished || informer.start().then(check, reopen)), 250);
    };
    const timer = setTimeout(() => finish(tooLate(watch, watch.missing(informer.list()) + trouble)), watch.budgetMs);
    // The first list may be done already, and then no event follows.
    const poll = setInterval(check, 500);
    watch.signal?.addEventListener("abort", aborted);
    informer.on("change", () => {
      trouble = "";
      check();
    });
    informer.on("error", reopen);
    informer.start().then(check, reopen);
    if (watch.signal?.aborted) aborted();
  });
}

function tooLate({ what, budgetMs }: { readonly what: string; readonly budgetMs: number }, missing: string): Error {
  return new Error(`timed out after ${Math.round(budgetMs / 1000)} s waiting for ${what}: ${missing}`);
}

/** Returns true if every container of the pod is ready and the pod is not being deleted. */
export function isReady(pod: Pod): boolean {
  return conditionHolds(pod.status?.conditions, "Ready") && pod.metadata?.deletionTimestamp === undefined;
}

/** Returns true if the node's condition Ready holds. */
export function isNodeReady(node: KubeNode): boolean {
  return conditionHolds(node.status?.conditions, "Ready");
}

function conditionHolds(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
}
