/**
 * The Kubernetes API, for objects and watches only: the only file that imports @kubernetes/client-node. Nothing is run in pods through it, since
 * its exec would ride on the network under test.
 */
import {
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  makeInformer,
  PatchStrategy,
  type KubernetesListObject,
  type KubernetesObject,
  type V1Node,
  type V1Pod,
} from "@kubernetes/client-node";
import { parseAllDocuments } from "yaml";

export type Pod = V1Pod;
export type KubeNode = V1Node;

export interface Kubernetes {
  /** Creates or updates every object of a manifest, in order. */
  apply(manifest: string): Promise<void>;
  applyObjects(objects: readonly object[]): Promise<void>;
  /** Merges `patch` into a Deployment (strategic merge). */
  patchDeployment(namespace: string, name: string, patch: object): Promise<void>;
  /** A Service's ClusterIP and the node port of its first port. */
  service(namespace: string, name: string): Promise<{ readonly ip: string; readonly nodePort: number | undefined }>;
  pods(namespace: string, selector?: string): Promise<readonly Pod[]>;
  /** Watches pods until `done` holds; throws what is still missing, as `missing` says it, when the budget is spent. */
  untilPods(watch: WatchSpec<Pod>): Promise<void>;
  untilNodes(watch: Omit<WatchSpec<KubeNode>, "namespace" | "selector">): Promise<void>;
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

/** A client for the cluster that this kubeconfig file names. Nothing else (no environment, no home directory) is consulted. */
export function kubernetes(kubeconfigPath: string): Kubernetes {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath);
  const core = config.makeApiClient(CoreV1Api);
  const apps = config.makeApiClient(AppsV1Api);
  const objects = KubernetesObjectApi.makeApiClient(config);
  return {
    apply: async (manifest) => {
      const parsed = parseAllDocuments(manifest).map((document) => document.toJS() as KubernetesObject | null);
      await applyAll(
        objects,
        parsed.filter((object) => object !== null),
      );
    },
    applyObjects: (list) => applyAll(objects, list),
    patchDeployment: async (namespace, name, patch) => {
      const object = { apiVersion: "apps/v1", kind: "Deployment", metadata: { namespace, name }, ...patch };
      await objects.patch(object, undefined, undefined, "faultline", undefined, PatchStrategy.StrategicMergePatch);
      await apps.readNamespacedDeployment({ namespace, name });
    },
    service: async (namespace, name) => {
      const { spec } = await core.readNamespacedService({ namespace, name });
      return { ip: spec?.clusterIP ?? "", nodePort: spec?.ports?.[0]?.nodePort };
    },
    pods: async (namespace, labelSelector) => (await core.listNamespacedPod(podQuery(namespace, labelSelector))).items,
    untilPods: (watch) => {
      const list = () => core.listNamespacedPod(podQuery(watch.namespace, watch.selector));
      return until(config, `/api/v1/namespaces/${watch.namespace}/pods`, list, watch);
    },
    untilNodes: (watch) => until(config, "/api/v1/nodes", () => core.listNode(), watch),
  };
}

function podQuery(namespace: string, labelSelector: string | undefined): { namespace: string; labelSelector?: string } {
  return labelSelector === undefined ? { namespace } : { namespace, labelSelector };
}

async function applyAll(api: KubernetesObjectApi, objects: readonly KubernetesObject[]): Promise<void> {
  // Server-side apply creates what is not there and is the same call the second time.
  for (const one of objects)
    await api.patch(one, undefined, undefined, "faultline", true, PatchStrategy.ServerSideApply);
}

type Until<T> = Omit<WatchSpec<T>, "namespace">;

/** Lists and watches until `done` holds. A watch that breaks is opened anew, within the same budget. */
function until<T extends KubernetesObject>(
  config: KubeConfig,
  path: string,
  list: () => Promise<KubernetesListObject<T>>,
  watch: Until<T>,
): Promise<void> {
  const informer = makeInformer(config, path, list, watch.selector);
  return new Promise((resolve, reject) => {
    let finished = false;
    const finish = (error?: Error) => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      clearInterval(again);
      watch.signal?.removeEventListener("abort", aborted);
      void informer.stop();
      if (error) reject(error);
      else resolve();
    };
    const aborted = () => finish(new Error(`stopped while waiting for ${watch.what}`));
    const look = () => {
      if (!finished && watch.done(informer.list())) finish();
    };
    // Stopping an informer ends its request with an error as well: only a wait that goes on opens it anew.
    const reopen = () => setTimeout(() => void (finished || informer.start().then(look, reopen)), 250);
    const timer = setTimeout(() => {
      const seconds = Math.round(watch.budgetMs / 1000);
      finish(new Error(`timed out after ${seconds} s waiting for ${watch.what}: ${watch.missing(informer.list())}`));
    }, watch.budgetMs);
    // The first list may come out as done with no event to say so.
    const again = setInterval(look, 500);
    watch.signal?.addEventListener("abort", aborted);
    for (const verb of ["add", "update", "delete"] as const) informer.on(verb, look);
    informer.on("error", reopen);
    informer.start().then(look, reopen);
  });
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
