/**
 * The Kubernetes API, for objects and watches only: the only file that imports @kubernetes/client-node. Nothing is run in pods through it, since
 * its exec would ride on the network under test.
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
import { patience } from "../host/time-scale.ts";

export type Pod = V1Pod;
export type KubeNode = V1Node;

export interface Kubernetes {
  /** Creates or updates every object of a manifest, in order. */
  apply(manifest: string): Promise<void>;
  applyObjects(objects: readonly object[]): Promise<void>;
  /** Merges `patch` into a Deployment (strategic merge). */
  patchDeployment(namespace: string, name: string, patch: object): Promise<void>;
  /** A Service's addresses, one of each of its IP families, the cluster's first one first, and the node port of its first port. */
  service(
    namespace: string,
    name: string,
  ): Promise<{ readonly ips: readonly string[]; readonly nodePort?: number | undefined }>;
  pods(namespace: string, selector?: string): Promise<readonly Pod[]>;
  /** Watches pods until `done` holds; throws what is still missing, as `missing` says it, when the budget is spent. */
  untilPods(watch: WatchSpec<Pod>): Promise<void>;
  untilNodes(watch: Omit<WatchSpec<KubeNode>, "namespace" | "selector">): Promise<void>;
  nodes(): Promise<readonly KubeNode[]>;
}

export interface WatchSpec<T> {
  readonly what: string;
  readonly namespace: string;
  readonly selector?: string;
  readonly budgetMs: number;
  readonly done: (objects: readonly T[]) => boolean;
  readonly missing: (objects: readonly T[]) => string;
  readonly signal?: AbortSignal;
}

export interface KubernetesOptions {
  /** For one call, its answer's last byte and its further tries included; also how long a watch may be silent before it is opened anew. Default 10 s. */
  readonly timeoutMs?: number;
  /** Ends every call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 10_000;
const TRIES = 3;
const TRY_AGAIN_AFTER_MS = 200;

/**
 * A client for the cluster that this kubeconfig file names. Nothing else (no environment, no home directory) is consulted. A call to an API server that cannot be
 * reached or does not answer throws UndecidedError, which names the call; one that it refuses throws the library's ApiException.
 */
export function kubernetes(kubeconfigPath: string, options: KubernetesOptions = {}): Kubernetes {
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
  // Server-side apply creates what is not there and is the same call the second time.
  for (const one of objects)
    await api.patch(asModelled(one), undefined, undefined, "faultline", true, PatchStrategy.ServerSideApply);
}

/** Makes clients whose every call is bounded; the library's own time-outs are 10 s to connect, 300 s for the headers and 300 s between bytes. */
class BoundedConfig extends KubeConfig {
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;

  constructor({ timeoutMs = CALL_TIMEOUT_MS, signal }: KubernetesOptions) {
    super();
    this.timeoutMs = timeoutMs * patience();
    this.signal = signal;
  }

  override makeApiClient<T extends ApiType>(type: ApiConstructor<T>): T {
    const baseServer = new ServerConfiguration(this.getCurrentCluster()?.server ?? "", {});
    const httpApi = wrapHttpLibrary({ send: (request) => this.#send(request) });
    return new type(createConfiguration({ baseServer, httpApi, authMethods: { default: this } }));
  }

  /** Only what may be asked twice is tried again, and only after a failure of the transport: an answer, whatever it is, is one. */
  async #send(request: RequestContext): Promise<ResponseContext> {
    const what = `Kubernetes API, ${request.getHttpMethod()} ${new URL(request.getUrl()).pathname}`;
    const tooLate = new AbortController();
    const timer = setTimeout(() => tooLate.abort(), this.timeoutMs);
    const signal = this.signal ? AbortSignal.any([tooLate.signal, this.signal]) : tooLate.signal;
    request.setSignal(signal);
    try {
      for (let triesLeft = isRepeatable(request) ? TRIES * patience() : 1; ;) {
        try {
          return await wholeAnswer(request);
        } catch (error) {
          this.signal?.throwIfAborted();
          triesLeft -= 1;
          const why = tooLate.signal.aborted ? `no answer within ${this.timeoutMs / 1000} s` : reasonOf(error);
          if (tooLate.signal.aborted || triesLeft <= 0)
            throw new UndecidedError(`${what}: ${why}`, "look at the control-plane node's container", { cause: error });
          await sleep(TRY_AGAIN_AFTER_MS * patience(), undefined, { signal }).catch(() => undefined);
        }
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Reads, and server-side applies: applying the same twice is applying it once. */
function isRepeatable(request: RequestContext): boolean {
  return request.getHttpMethod() === "GET" || request.getHeaders()["Content-Type"] === PatchStrategy.ServerSideApply;
}

/** The body is read here, so that its time is bounded as well. */
async function wholeAnswer(request: RequestContext): Promise<ResponseContext> {
  const { httpStatusCode, headers, body } = await new IsomorphicFetchHttpLibrary().send(request).toPromise();
  const text = await body.text();
  return new ResponseContext(httpStatusCode, headers, {
    text: () => Promise.resolve(text),
    binary: () => Promise.resolve(Buffer.from(text)),
    stream: () => null,
  });
}

/** fetch says no more than "fetch failed"; its cause says why. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

type Until<T> = Omit<WatchSpec<T>, "namespace">;

/** A list kept up to date by a watch; `path` must name what `list` gives. */
function informerOf<T extends KubernetesObject>(config: BoundedConfig, path: string, list: List<T>, selector?: string) {
  const watch = new Watch(config);
  // Private in its types, and 30 s by itself: a watch that is silent for so long is opened anew, since its server may be gone.
  Object.assign(watch, { requestTimeoutMs: config.timeoutMs });
  return new ListWatch<T>(path, watch, list, false, selector);
}

type List<T extends KubernetesObject> = () => Promise<KubernetesListObject<T>>;

/** Lists and watches until `done` holds. A watch that breaks is opened anew, within the same budget. */
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
      clearInterval(again);
      watch.signal?.removeEventListener("abort", aborted);
      void informer.stop();
      return error ? reject(error) : resolve();
    };
    const aborted = () => finish(new Error(`stopped while waiting for ${watch.what}`));
    const look = () => {
      if (!finished && watch.done(informer.list())) finish();
    };
    // Stopping an informer ends its request with an error as well: only a wait that goes on opens it anew.
    const reopen = (error?: unknown) => {
      trouble = error instanceof Error ? `; ${error.message}` : trouble;
      setTimeout(() => void (finished || informer.start().then(look, reopen)), 250);
    };
    const timer = setTimeout(() => finish(tooLate(watch, watch.missing(informer.list()) + trouble)), watch.budgetMs);
    const again = setInterval(look, 500); // the first list may come out as done with no event to say so
    watch.signal?.addEventListener("abort", aborted);
    informer.on("change", () => {
      trouble = "";
      look();
    });
    informer.on("error", reopen);
    informer.start().then(look, reopen);
    if (watch.signal?.aborted) aborted();
  });
}

function tooLate({ what, budgetMs }: { readonly what: string; readonly budgetMs: number }, missing: string): Error {
  return new Error(`timed out after ${Math.round(budgetMs / 1000)} s waiting for ${what}: ${missing}`);
}

/** True when every container of the pod is ready. */
export function isReady(pod: Pod): boolean {
  return conditionHolds(pod.status?.conditions, "Ready") && pod.metadata?.deletionTimestamp === undefined;
}

export function isNodeReady(node: KubeNode): boolean {
  return conditionHolds(node.status?.conditions, "Ready");
}

function conditionHolds(conditions: readonly { type: string; status: string }[] | undefined, type: string): boolean {
  return conditions?.some((one) => one.type === type && one.status === "True") ?? false;
}
