import type { Command, StepPaths } from "./recipe.ts";

/** What local builds are called: a name no registry answers to, so that nothing can be pulled in their place. */
export const IMAGE_PREFIX = "faultline.local";

/** One container image for the nodes' containerd, as data. */
export interface ContainerImage {
  readonly name: string;
  /** Below its files: nothing, the network userland (sh, iptables, nft, ip, …), or a tar that a step made. */
  readonly base: "nothing" | "userland" | { readonly step: string; readonly file: string };
  readonly files: readonly ImageFile[];
  readonly entrypoint: string;
}

/** A file of an image, executable: made by a step, or one of the repository below clusters/. */
export type ImageFile =
  | { readonly step: string; readonly file: string; readonly path: string }
  | { readonly source: string; readonly path: string };

/** The steps that the images are made from. */
export function stepsOfImages(images: readonly ContainerImage[]): readonly string[] {
  const bases = images.map(({ base }) => (base === "nothing" ? [] : [base === "userland" ? "tree" : base.step]));
  const files = images.flatMap((image) => image.files.flatMap((file) => ("step" in file ? [file.step] : [])));
  return [...new Set([...bases.flat(), ...files])];
}

/** The repository's files that go into the images. */
export function sourcesOfImages(images: readonly ContainerImage[]): readonly string[] {
  return images.flatMap(({ files }) => files.flatMap((file) => ("source" in file ? [file.source] : [])));
}

/** Puts the images into one `docker save` archive, `images.tar`. */
export function packImages(images: readonly ContainerImage[], { out, made, source }: StepPaths): readonly Command[] {
  const baseOf = ({ base }: ContainerImage) => {
    if (base === "nothing") return "";
    return base === "userland" ? made("tree", "userland.tar") : made(base.step, base.file);
  };
  const script = source("image/scripts/container-image");
  return [
    ...images.map((image): Command => {
      const files = image.files.flatMap((file) => [
        "step" in file ? made(file.step, file.file) : source(file.source),
        file.path,
      ]);
      return { argv: [script, `${out}/archive`, image.name, baseOf(image), image.entrypoint, ...files] };
    }),
    { argv: [source("image/scripts/pack-images"), `${out}/archive`, `${out}/images.tar`] },
  ];
}
