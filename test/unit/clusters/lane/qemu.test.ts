import { expect } from "chai";
import { qemuArgv, type MachineOrder } from "../../../../clusters/lane/qemu.ts";
import { qemuIsRecent } from "../../../../clusters/lane/qemu-version.ts";

const ORDER: MachineOrder = {
  ...{ accelerator: "tcg", cpus: 2, memoryMib: 4096, vmlinuz: "/k/vmlinuz", initrd: "/k/initrd.gz", incoming: false },
  qemu: { binary: "/q/qemu", image: "/q/img", dataDirs: ["/q/share"], version: "QEMU emulator version 10.0.2" },
  disks: { system: "/d/system.qcow2", docker: "/d/docker.raw", throwAway: true },
  memory: { file: "/m/memory", shared: false },
};
const after = (argv: readonly string[], flag: string) => argv.filter((_, index) => argv[index - 1] === flag);

describe("qemuArgv", () => {
  it("gives the VM no network and no device that it was not asked for", () => {
    const argv = qemuArgv(ORDER);
    expect(argv).to.include.members(["-nodefaults", "-no-user-config", "-no-reboot"]);
    expect(after(argv, "-nic")).to.deep.equal(["none"]);
    expect(argv.join(" ")).not.to.match(/netdev|user,id|hostfwd|virtio-net/);
  });

  it("throws away what is written, to disks and to memory, in a machine that goes on from a saved one", () => {
    const argv = qemuArgv({ ...ORDER, incoming: true });
    expect(after(argv, "-drive").every((drive) => drive.endsWith(",snapshot=on"))).to.equal(true);
    expect(after(argv, "-object")).to.deep.equal([
      "memory-backend-file,id=ram,size=4096M,mem-path=/m/memory,share=off",
    ]);
    expect(after(argv, "-incoming")).to.deep.equal(["defer"]);
  });

  it("keeps both in a machine that is to be saved", () => {
    const argv = qemuArgv({
      ...ORDER,
      disks: { ...ORDER.disks, throwAway: false },
      memory: { file: "/m/memory", shared: true },
    });
    expect(argv.join(" ")).to.contain("share=on").and.not.to.contain("snapshot=on");
    expect(argv).not.to.include("-incoming");
  });

  it("tells each image's format instead of having it guessed", () => {
    const drives = after(qemuArgv(ORDER), "-drive");
    expect(drives[0]).to.contain("format=qcow2");
    expect(drives[1]).to.contain("format=raw");
  });

  it("takes the host's processor with KVM, a lean one without", () => {
    expect(after(qemuArgv({ ...ORDER, accelerator: "kvm" }), "-cpu")).to.deep.equal(["host"]);
    expect(after(qemuArgv(ORDER), "-accel")[0]).to.match(/^tcg,thread=multi/);
  });

  it("wants the same arguments for the same machine, saved or not, but for what has to differ", () => {
    const saved = qemuArgv(ORDER);
    const on = qemuArgv({ ...ORDER, incoming: true });
    expect(on.filter((word) => !saved.includes(word))).to.deep.equal(["-incoming", "defer"]);
  });
});

describe("qemuIsRecent", () => {
  it("believes QEMU from 8.2 on", () => {
    const said = (version: string) => `QEMU emulator version ${version} (Debian 1:${version}+dfsg-7)`;
    expect(["8.2.0", "10.0.2", "9.1.1"].map(said).every(qemuIsRecent)).to.equal(true);
    expect(["7.2.22", "8.1.5", "5.2.0"].map(said).some(qemuIsRecent)).to.equal(false);
    expect(qemuIsRecent("")).to.equal(false);
  });
});
