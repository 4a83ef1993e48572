/** Where apt gets Debian's packages from on this machine: for tests that make a Debian of their own. */

interface Mirrors {
  readonly main: string;
  readonly security: string | undefined;
}

/** @throws Error where apt has no package lists */
export async function aptMirrors(): Promise<Mirrors> {
  const { stdout } = await new Deno.Command("apt-get", {
    args: ["indextargets", "--format", "$(SITE)", "Created-By: Packages"],
  }).output();
  const sites = new TextDecoder().decode(stdout).trim().split("\n").filter((site) => site !== "");
  const main = sites.find((site) => !site.includes("security"));
  if (main === undefined) throw new Error("apt has no package lists: run apt-get update");
  return { main, security: sites.find((site) => site.includes("security")) };
}
