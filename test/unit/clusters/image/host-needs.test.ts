import { expect } from "chai";
import { goIsNewEnough, missingPackages } from "../../../../clusters/image/host-needs.ts";
import { debianMirror } from "../../../../clusters/image/mirror.ts";

const DEB822 = `# generated
Types: deb
# a snapshot
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

describe("the Debian mirror of this machine", () => {
  it("reads deb822 files", () => {
    expect(debianMirror([DEB822], "bookworm")).to.equal("http://mirror.example/debian");
  });

  it("reads one-line files, with options, and skips comments", () => {
    const text =
      "# deb http://a.example/debian bookworm main\ndeb [arch=amd64 signed-by=/k] http://b.example/debian bookworm main contrib\n";
    expect(debianMirror([text], "bookworm")).to.equal("http://b.example/debian");
  });

  it("prefers Debian's to another vendor's entry for the same suite", () => {
    const vendor = "deb https://vendor.example/apt bookworm main\n";
    expect(debianMirror([vendor, DEB822], "bookworm")).to.equal("http://mirror.example/debian");
  });

  it("takes a Debian mirror of another suite: it has all suites", () => {
    expect(debianMirror(["deb http://c.example/debian trixie main"], "bookworm")).to.equal("http://c.example/debian");
  });

  it("finds none in disabled, foreign or missing sources", () => {
    const disabled = DEB822.replaceAll("Types: deb", "Enabled: no\nTypes: deb");
    const foreign = "deb http://archive.example/ubuntu noble main";
    expect(debianMirror([disabled, foreign, "", "deb cdrom:[x]/ bookworm main"], "bookworm")).to.equal(undefined);
  });
});

describe("what the offline build needs of the host", () => {
  it("names the packages of missing tools", () => {
    expect(missingPackages(new Set(["debootstrap", "jq", "unshare"]))).to.deep.equal(["gcc", "libc6-dev"]);
    expect(missingPackages(new Set(["debootstrap", "jq", "unshare", "gcc"]))).to.deep.equal([]);
  });

  it("compares Go versions by number", () => {
    expect(goIsNewEnough("go1.26.8", "1.26.0")).to.equal(true);
    expect(goIsNewEnough("go1.26", "1.26.0")).to.equal(true);
    expect(goIsNewEnough("go1.9.1", "1.26.0")).to.equal(false);
    expect(goIsNewEnough("go2.0", "1.26.0")).to.equal(true);
  });
});
